import type { Gpu } from "../gpu.ts";
import type { Memory } from "../texels.ts";

/** Bytes that are handed to the device together. */
const SUBMIT_BYTES = 2 ** 20;

/** Bytes after which the host makes sure that those before have arrived. */
const PORTION_BYTES = 32 * SUBMIT_BYTES;

/** Portions on their way before the host waits for the first of them; bounds its memory. */
const IN_FLIGHT = 2;

/**
 * Large data on its way to the device. The queue keeps a copy of what has not arrived, so the host waits
 * when much is on its way; the device copies what was written while the host prepares what follows.
 */
export class UploadQueue {
  readonly #gpu: Gpu;
  readonly #room = new Uint8Array(SUBMIT_BYTES);
  /** Bytes since the last submit, and since the last end of a portion. */
  #unsubmitted = 0;
  #portion = 0;
  /** Resolve when a portion has arrived, the oldest first. */
  readonly #arrivals: Promise<void>[] = [];

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /**
   * Sends what `fill` writes to a range of a buffer or a texture; what stands in the bytes before is
   * anything. Offset and length are multiples of four, and of 16 in a texture.
   * @throws GpuError what the device reported since.
   */
  async write(
    to: Memory,
    byteOffset: number,
    byteLength: number,
    fill: (bytes: Uint8Array<ArrayBuffer>) => void,
  ): Promise<void> {
    const bytes = byteLength <= this.#room.length
      ? this.#room.subarray(0, byteLength)
      : new Uint8Array(byteLength);
    fill(bytes);
    this.#gpu.write(to, byteOffset, bytes);
    this.#unsubmitted += byteLength;
    this.#portion += byteLength;
    if (this.#unsubmitted >= SUBMIT_BYTES) this.#submit();
    if (this.#portion >= PORTION_BYTES) await this.#endPortion();
  }

  /** Waits until the device has everything. */
  async finish(): Promise<void> {
    await this.#gpu.flush();
  }

  #submit(): void {
    this.#gpu.device.queue.submit([]);
    this.#unsubmitted = 0;
  }

  async #endPortion(): Promise<void> {
    this.#submit();
    this.#portion = 0;
    const arrival = this.#gpu.idle();
    arrival.catch(() => {}); // Reported when it is waited for.
    this.#arrivals.push(arrival);
    if (this.#arrivals.length > IN_FLIGHT) await this.#arrivals.shift();
  }
}
