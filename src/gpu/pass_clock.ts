import type { Gpu } from "./gpu.ts";

/** Bytes between two slots: queries are resolved to multiples of it. */
const SLOT_BYTES = 256;

/** Bytes of a slot's two times, which the host reads back. */
export const PASS_TIMES_BYTES = 16;

/** Times passes on the device by its timestamps while the host works ahead of it. */
export class PassClock implements Disposable {
  /** Holds the times of slot i from {@linkcode offsetOf} on. */
  readonly times: GPUBuffer;
  readonly #gpu: Gpu;
  readonly #queries: GPUQuerySet;

  /** @param slots passes that may be in flight; the device must have timestamps. */
  constructor(gpu: Gpu, slots: number) {
    this.#gpu = gpu;
    this.#queries = gpu.device.createQuerySet({ type: "timestamp", count: 2 * slots });
    const usage = GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC;
    this.times = gpu.buffer("times of passes", SLOT_BYTES * slots, usage);
  }

  /** Records one timed pass. */
  record(encoder: GPUCommandEncoder, slot: number, write: (pass: GPUComputePassEncoder) => void) {
    const pass = encoder.beginComputePass({
      timestampWrites: {
        querySet: this.#queries,
        beginningOfPassWriteIndex: 2 * slot,
        endOfPassWriteIndex: 2 * slot + 1,
      },
    });
    write(pass);
    pass.end();
    encoder.resolveQuerySet(this.#queries, 2 * slot, 2, this.times, this.offsetOf(slot));
  }

  /** Where a slot's times begin, in bytes. */
  offsetOf(slot: number): number {
    return slot * SLOT_BYTES;
  }

  [Symbol.dispose](): void {
    this.#queries.destroy();
    this.#gpu.free(this.times);
  }
}

/** Seconds between the two times of a slot, as they were read back; null where a driver gives none. */
export function passSeconds(words: Uint32Array): number | null {
  const [begin, end] = new BigUint64Array(words.slice(0, PASS_TIMES_BYTES / 4).buffer);
  return end > begin ? Number(end - begin) / 1e9 : null;
}
