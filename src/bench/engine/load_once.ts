/**
 * Loads the model folder that it is given and prints what that took, as JSON: a process of its own,
 * so that its peak is that of loading alone.
 */
import { ModelFolder } from "../../engine/model_folder.ts";
import { requestGpu } from "../../gpu/gpu.ts";

/** What a process that does nothing but load a model needs. */
export interface LoadCost {
  seconds: number;
  /** Greatest resident memory of the process, before loading and at its end. */
  peakBytesBefore: number;
  peakBytes: number;
  /** Bytes of the buffers on the GPU at the end. */
  gpuBytes: number;
}

if (import.meta.main) {
  const [folder] = Deno.args;
  using gpu = await requestGpu();
  const peakBytesBefore = peakResidentBytes();
  const start = performance.now();
  using _model = await (await ModelFolder.open(folder)).loadOn(gpu);
  await gpu.flush();
  const cost: LoadCost = {
    seconds: (performance.now() - start) / 1000,
    peakBytesBefore,
    peakBytes: peakResidentBytes(),
    gpuBytes: gpu.liveBytes,
  };
  console.log(JSON.stringify(cost));
}

/** What Linux calls VmHWM, the high-water mark of the process itself and not of what started it. */
function peakResidentBytes(): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return 1024 * Number(status.match(/VmHWM:\s*(\d+) kB/)?.[1]);
}
