import { copyBytes, type Memory } from "../texels.ts";

/** A range of a buffer or a texture. */
export interface ByteRange {
  byteOffset: number;
  byteLength: number;
}

/** Copies ranges to the host, one after the other, once all work that was submitted is done. */
export async function readMemory(
  device: GPUDevice,
  memory: Memory,
  ranges: readonly ByteRange[],
): Promise<ArrayBuffer> {
  const label = `read ${memory.label}`;
  const staging = device.createBuffer({
    label,
    size: ranges.reduce((sum, { byteLength }) => sum + byteLength, 0),
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  try {
    const encoder = device.createCommandEncoder({ label });
    let end = 0;
    for (const { byteOffset, byteLength } of ranges) {
      const to = { memory: staging, byteOffset: end };
      copyBytes(encoder, { memory, byteOffset }, to, byteLength);
      end += byteLength;
    }
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    return staging.getMappedRange().slice(0);
  } finally {
    staging.destroy();
  }
}
