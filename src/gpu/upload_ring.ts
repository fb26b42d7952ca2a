import type { Gpu } from "./gpu.ts";

/** Bytes of a buffer of a ring, unless more are sent at once: large enough that waiting for it is rare. */
export const UPLOAD_BUFFER_BYTES: number = 16 * 2 ** 20;

/** Buffers of the ring: the host fills one while the device copies from the others. */
const DEPTH = 4;

/** Copies begin at multiples of so many bytes, where any typed array can view them. */
const ALIGNMENT = 16;

/** A buffer that the host writes to and the device copies from. */
interface Staging {
  buffer: GPUBuffer;
  /** Resolves when the device has copied what was in it before. */
  ready: Promise<void>;
}

/** A range of a staging buffer and where it goes. */
interface Copy {
  from: number;
  to: GPUBuffer;
  byteOffset: number;
  byteLength: number;
}

/**
 * Large data on its way to the device, through buffers that stay mapped while they are filled: no copy of
 * it waits in the queue, and the host waits only when all buffers are on their way.
 */
export class UploadRing implements Disposable {
  readonly #gpu: Gpu;
  readonly #free: Staging[] = [];
  readonly #all: GPUBuffer[] = [];
  /** The one that is being filled, and how far. */
  #current: { staging: Staging; mapped: ArrayBuffer } | null = null;
  #filled = 0;
  #copies: Copy[] = [];

  /** Bytes that can be sent at once. */
  readonly capacity: number;

  /** A ring of buffers of `capacity` bytes, a multiple of 16. */
  constructor(gpu: Gpu, capacity: number = UPLOAD_BUFFER_BYTES) {
    this.#gpu = gpu;
    this.capacity = capacity;
  }

  /**
   * Where the bytes are to be written that go to a range of a buffer, before the next call. What stands
   * there is anything. Offset and length are multiples of four.
   */
  async room(
    to: GPUBuffer,
    byteOffset: number,
    byteLength: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (byteLength > this.capacity) {
      throw new RangeError(
        `${byteLength} bytes, of which at most ${this.capacity} are sent at once`,
      );
    }
    if (this.#filled + byteLength > this.capacity) this.#send();
    this.#current ??= await this.#next();
    const from = this.#filled;
    this.#filled = Math.ceil((from + byteLength) / ALIGNMENT) * ALIGNMENT;
    this.#copies.push({ from, to, byteOffset, byteLength });
    return new Uint8Array(this.#current.mapped, from, byteLength);
  }

  /** Sends what has been written, and waits until the device has all of it. */
  async finish(): Promise<void> {
    this.#send();
    await this.#gpu.idle();
  }

  [Symbol.dispose](): void {
    this.#gpu.free(...this.#all);
  }

  /** A buffer that is mapped: a new one until there are enough. */
  async #next(): Promise<{ staging: Staging; mapped: ArrayBuffer }> {
    if (this.#all.length < DEPTH) {
      const usage = GPUBufferUsage.MAP_WRITE | GPUBufferUsage.COPY_SRC;
      const buffer = this.#gpu.mappedBuffer("upload", this.capacity, usage);
      this.#all.push(buffer);
      return { staging: { buffer, ready: Promise.resolve() }, mapped: buffer.getMappedRange() };
    }
    const staging = this.#free.shift()!;
    try {
      await staging.ready;
    } catch (error) {
      this.#gpu.check(); // A lost device is the better reason.
      throw error;
    }
    this.#gpu.check();
    return { staging, mapped: staging.buffer.getMappedRange() };
  }

  #send(): void {
    if (!this.#current) return;
    const { staging } = this.#current;
    const { device } = this.#gpu;
    staging.buffer.unmap();
    const encoder = device.createCommandEncoder({ label: "upload" });
    for (const { from, to, byteOffset, byteLength } of this.#copies) {
      encoder.copyBufferToBuffer(staging.buffer, from, to, byteOffset, byteLength);
    }
    device.queue.submit([encoder.finish()]);
    staging.ready = staging.buffer.mapAsync(GPUMapMode.WRITE);
    staging.ready.catch(() => {}); // Reported by `#next`.
    this.#free.push(staging);
    this.#current = null;
    this.#filled = 0;
    this.#copies = [];
  }
}
