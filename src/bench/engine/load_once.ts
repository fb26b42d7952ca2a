/**
 * Loads the model folder that it is given and prints what that took, as JSON: a process of its own,
 * so that its peak is that of loading alone.
 */
import { join } from "@std/path";
import { ModelFolder } from "../../engine/model_folder.ts";
import { requestGpu } from "../../gpu/request_gpu.ts";

/** What a process that does nothing but load a model needs. */
export interface LoadCost {
  seconds: number;
  /** Seconds that reading the weights' file takes, right before and with nothing done to it. */
  readSeconds: number;
  /** Greatest resident memory of the process, before loading and at its end. */
  peakBytesBefore: number;
  peakBytes: number;
  /** Bytes of the buffers on the GPU at the end. */
  gpuBytes: number;
}

if (import.meta.main) {
  const [folder] = Deno.args;
  using gpu = await requestGpu();
  const readSeconds = timeReading(join(folder, "model.safetensors"));
  const peakBytesBefore = peakResidentBytes();
  const start = performance.now();
  using _model = await (await ModelFolder.open(folder)).loadOn(gpu);
  await gpu.flush();
  const cost: LoadCost = {
    seconds: (performance.now() - start) / 1000,
    readSeconds,
    peakBytesBefore,
    peakBytes: peakResidentBytes(),
    gpuBytes: gpu.liveBytes,
  };
  console.log(JSON.stringify(cost));
}

/** Seconds of the second time that a file is read, when the system has it in memory as far as it fits. */
function timeReading(path: string): number {
  using file = Deno.openSync(path);
  const room = new Uint8Array(2 ** 20);
  let start = 0;
  for (let time = 0; time < 2; time++) {
    file.seekSync(0, Deno.SeekMode.Start);
    start = performance.now();
    while (file.readSync(room) !== null);
  }
  return (performance.now() - start) / 1000;
}

/** What Linux calls VmHWM, the high-water mark of the process itself and not of what started it. */
function peakResidentBytes(): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return 1024 * Number(status.match(/VmHWM:\s*(\d+) kB/)?.[1]);
}
