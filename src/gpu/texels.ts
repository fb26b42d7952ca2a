/** Bytes one after the other in a texture, whose texels are 16 bytes each. */

/** Texels of a row, which kernels are told. */
export const ROW_TEXELS = 1024;

/** Bytes of a texel: four words. */
export const TEXEL_BYTES = 16;

const ROW_BYTES = ROW_TEXELS * TEXEL_BYTES;

/** Format of the texels. */
export const TEXEL_FORMAT = "rgba32uint";

/** What bytes on the device lie in. */
export type Memory = GPUBuffer | GPUTexture;

/** Most bytes that a texture can have. */
export function mostTexelBytes({ maxTextureDimension2D: most }: GPUSupportedLimits): number {
  return (most - Number(isPowerOfTwo(most))) * ROW_BYTES;
}

/** What a texture is made by that has room for so many bytes. */
export function texelsDescriptor(label: string, byteLength: number): GPUTextureDescriptor {
  const { STORAGE_BINDING, COPY_SRC, COPY_DST } = GPUTextureUsage;
  return {
    label,
    size: [ROW_TEXELS, heightFor(byteLength)],
    format: TEXEL_FORMAT,
    usage: STORAGE_BINDING | COPY_SRC | COPY_DST,
  };
}

/**
 * Rows for so many bytes, never a power of two of them: Mesa's software driver compiles a kernel once more for
 * textures that have so many, and only when it is given one.
 */
function heightFor(byteLength: number): number {
  const rows = Math.ceil(byteLength / ROW_BYTES);
  if (rows <= 2) return 3;
  return rows + Number(isPowerOfTwo(rows));
}

function isPowerOfTwo(count: number): boolean {
  return Number.isInteger(Math.log2(count));
}

/** Whether bytes lie in a texture; ranges of buffers do not. */
export function isTexture(memory: Memory | GPUBufferBinding): memory is GPUTexture {
  return "height" in memory;
}

/** Bytes that there is room for. */
export function byteLengthOf(memory: Memory): number {
  return isTexture(memory) ? memory.height * ROW_BYTES : memory.size;
}

/** A rectangle of texels, whose bytes follow each other. */
interface Rectangle {
  origin: [number, number];
  size: [number, number];
  /** How many bytes of the range come before it. */
  before: number;
  byteLength: number;
}

/**
 * The rectangles that a range of bytes consists of, in order: the rest of a row, whole rows, the beginning of one.
 * Offset and length are multiples of 16.
 */
function* rectangles(byteOffset: number, byteLength: number): Generator<Rectangle> {
  if (byteOffset % TEXEL_BYTES !== 0 || byteLength % TEXEL_BYTES !== 0) {
    throw new RangeError(`${byteLength} bytes from ${byteOffset} are no whole texels`);
  }
  for (let before = 0; before < byteLength;) {
    const at = byteOffset + before;
    const [x, y] = [at % ROW_BYTES, Math.floor(at / ROW_BYTES)];
    const left = byteLength - before;
    const rows = x === 0 ? Math.floor(left / ROW_BYTES) : 0;
    const bytes = rows > 0 ? rows * ROW_BYTES : Math.min(left, ROW_BYTES - x);
    yield {
      origin: [x / TEXEL_BYTES, y],
      size: [rows > 0 ? ROW_TEXELS : bytes / TEXEL_BYTES, Math.max(1, rows)],
      before,
      byteLength: bytes,
    };
    before += bytes;
  }
}

/** Queues a write of bytes to a texture; offset and length are multiples of 16. */
export function writeTexels(
  queue: GPUQueue,
  texture: GPUTexture,
  byteOffset: number,
  bytes: Uint8Array<ArrayBuffer>,
): void {
  for (const { origin, size, before, byteLength } of rectangles(byteOffset, bytes.length)) {
    const part = bytes.subarray(before, before + byteLength);
    queue.writeTexture({ texture, origin }, part, { bytesPerRow: ROW_BYTES }, size);
  }
}

/** A range of bytes on the device. */
export interface MemoryRange {
  memory: Memory;
  byteOffset: number;
}

/**
 * Records a copy of so many bytes between buffers, or from or to a texture, where offsets and length are multiples
 * of 16.
 */
export function copyBytes(
  encoder: GPUCommandEncoder,
  from: MemoryRange,
  to: MemoryRange,
  byteLength: number,
): void {
  if (isTexture(from.memory)) {
    const { memory: texture, byteOffset } = from;
    const buffer = bufferOf(to.memory);
    for (const { origin, size, before } of rectangles(byteOffset, byteLength)) {
      const place = { buffer, offset: to.byteOffset + before, bytesPerRow: ROW_BYTES };
      encoder.copyTextureToBuffer({ texture, origin }, place, size);
    }
  } else if (isTexture(to.memory)) {
    const { memory: texture, byteOffset } = to;
    for (const { origin, size, before } of rectangles(byteOffset, byteLength)) {
      const offset = from.byteOffset + before;
      const place = { buffer: from.memory, offset, bytesPerRow: ROW_BYTES };
      encoder.copyBufferToTexture(place, { texture, origin }, size);
    }
  } else {
    encoder.copyBufferToBuffer(from.memory, from.byteOffset, to.memory, to.byteOffset, byteLength);
  }
}

function bufferOf(memory: Memory): GPUBuffer {
  if (isTexture(memory)) {
    throw new TypeError("textures are copied to each other by way of a buffer");
  }
  return memory;
}
