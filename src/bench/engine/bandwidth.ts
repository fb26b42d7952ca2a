import type { Gpu } from "../../gpu/gpu.ts";

/** Bytes per second, read and written, of copies between two large buffers. */
export async function copyBandwidth(gpu: Gpu): Promise<number> {
  const byteLength = Math.min(256 * 2 ** 20, gpu.limits.maxStorageBufferBindingSize);
  const from = gpu.storage("copied from", byteLength);
  const to = gpu.storage("copied to", byteLength);
  const copy = async (times: number) => {
    const encoder = gpu.device.createCommandEncoder({ label: "copies" });
    for (let i = 0; i < times; i++) encoder.copyBufferToBuffer(from, 0, to, 0, byteLength);
    const start = performance.now();
    gpu.device.queue.submit([encoder.finish()]);
    await gpu.idle();
    return (performance.now() - start) / 1000;
  };
  await copy(1); // Touches the memory.
  // The wait itself is worth some copies; many of them make it small.
  let times = 4;
  let seconds = await copy(times);
  while (seconds < 0.5) {
    times *= 2;
    seconds = await copy(times);
  }
  seconds = Math.min(seconds, await copy(times), await copy(times));
  gpu.free(from, to);
  return 2 * byteLength * times / seconds;
}
