import { prepareDriverEnvironment } from "./driver_environment.ts";
import { SUBGROUPS } from "./device_class.ts";
import { NoGpuError, oneLine } from "./errors.ts";
import { Gpu, type GpuOptions } from "./gpu.ts";

/**
 * Opens the adapter with all the room it has.
 * @throws NoGpuError with the next step if there is none.
 */
export async function requestGpu(options: GpuOptions = {}): Promise<Gpu> {
  prepareDriverEnvironment();
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) {
    throw new NoGpuError(
      "no WebGPU adapter was found; on Debian or Ubuntu a software driver comes with: " +
        "sudo apt-get update && sudo apt-get install -y libvulkan1 mesa-vulkan-drivers",
    );
  }
  const timestamps: GPUFeatureName[] = adapter.features.has("timestamp-query")
    ? ["timestamp-query"]
    : [];
  const requiredLimits: Record<string, number> = {};
  for (const name of RAISED_LIMITS) requiredLimits[name] = adapter.limits[name];
  const request = (requiredFeatures: GPUFeatureName[]) =>
    adapter.requestDevice({ requiredFeatures, requiredLimits });
  try {
    // Subgroups can be had on adapters that do not list them.
    const device = await request([...timestamps, SUBGROUPS]).catch(() => request(timestamps));
    return new Gpu(device, adapter.info, options);
  } catch (error) {
    const reason = oneLine(error instanceof Error ? error.message : String(error));
    throw new NoGpuError(`the adapter ${adapter.info.description} gave no device: ${reason}`);
  }
}

/** Limits that are asked for in full; the defaults of the others are enough. */
const RAISED_LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
] as const;
