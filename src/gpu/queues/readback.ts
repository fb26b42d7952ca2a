import type { Gpu } from "../gpu.ts";

/** A part of a buffer, in bytes. */
export interface BufferRange {
  source: GPUBuffer;
  offset: number;
  length: number;
}

/** A copy that was queued and not taken. */
interface Copy {
  buffer: GPUBuffer;
  byteLength: number;
  /** Undefined until somebody waits for one of the ring's copies. */
  mapped: Promise<void> | undefined;
}

/**
 * A ring of staging buffers through which the host reads results without the device ever waiting:
 * copies are queued behind the work that makes them, and read in order when they arrive.
 */
export class ReadbackRing implements Disposable {
  readonly #gpu: Gpu;
  readonly #free: GPUBuffer[];
  readonly #pending: Copy[] = [];
  readonly #all: GPUBuffer[];

  /** `depth` buffers of `byteLength` bytes each. */
  constructor(gpu: Gpu, depth: number, byteLength: number) {
    this.#gpu = gpu;
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    this.#all = Array.from(
      { length: depth },
      (_, i) => gpu.buffer(`readback ${i}`, byteLength, usage),
    );
    this.#free = [...this.#all];
  }

  /** Whether another copy can be queued before one is taken. */
  get hasRoom(): boolean {
    return this.#free.length > 0;
  }

  /** Number of copies that were queued and not taken. */
  get inFlight(): number {
    return this.#pending.length;
  }

  /**
   * Submits the encoder's work followed by copies of the ranges, to be taken later as one. Nothing is
   * asked of the device until then: a driver that runs on the CPU would answer only once the work is done.
   */
  submit(encoder: GPUCommandEncoder, ...ranges: readonly BufferRange[]): void {
    const buffer = this.#free.pop();
    if (!buffer) throw new RangeError("all readback buffers are in flight");
    let byteLength = 0;
    for (const { source, offset, length } of ranges) {
      encoder.copyBufferToBuffer(source, offset, buffer, byteLength, length);
      byteLength += length;
    }
    this.#gpu.device.queue.submit([encoder.finish()]);
    this.#pending.push({ buffer, byteLength, mapped: undefined });
  }

  /** The oldest copy, once it has arrived. */
  async take(): Promise<Uint32Array> {
    const oldest = this.#pending[0];
    if (!oldest) throw new RangeError("nothing is in flight");
    for (const copy of this.#pending) {
      copy.mapped ??= copy.buffer.mapAsync(GPUMapMode.READ, 0, copy.byteLength);
      copy.mapped.catch(() => {}); // Reported when it is taken.
    }
    try {
      await oldest.mapped;
    } catch (error) {
      throw await this.#gpu.failureBehind(error);
    }
    const words = new Uint32Array(oldest.buffer.getMappedRange(0, oldest.byteLength).slice(0));
    oldest.buffer.unmap();
    this.#pending.shift();
    this.#free.push(oldest.buffer);
    this.#gpu.check();
    return words;
  }

  /** Waits for whatever is in flight and forgets it. */
  async drain(): Promise<void> {
    while (this.#pending.length > 0) await this.take();
  }

  [Symbol.dispose](): void {
    this.#gpu.free(...this.#all);
  }
}
