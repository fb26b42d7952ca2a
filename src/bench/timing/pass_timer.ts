import { recordPass } from "../../decode/gears/gears.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, record } from "../../gpu/kernel.ts";
import { PASS_TIMES_BYTES, PassClock, passSeconds } from "../../gpu/pass_clock.ts";

/** Times passes by GPU timestamps where the device has them, else by the wall clock. */
export class PassTimer implements Disposable {
  readonly #gpu: Gpu;
  readonly #clock: PassClock | null;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
    this.#clock = gpu.hasTimestamps ? new PassClock(gpu, 1) : null;
  }

  /** Seconds that the dispatches take when recorded `repeats` times in one pass. */
  async run(dispatches: readonly Dispatch[], repeats: number): Promise<number> {
    const encoder = this.#gpu.device.createCommandEncoder({ label: "timed" });
    const write = (pass: GPUComputePassEncoder) => {
      for (let i = 0; i < repeats; i++) record(pass, dispatches);
    };
    const clock = this.#clock;
    if (clock) clock.record(encoder, 0, write);
    else recordPass(encoder, write);
    const start = performance.now();
    this.#gpu.device.queue.submit([encoder.finish()]);
    await this.#gpu.idle();
    if (!clock) return (performance.now() - start) / 1000;
    const words = await this.#gpu.read(clock.times, 0, PASS_TIMES_BYTES);
    return passSeconds(new Uint32Array(words)) ?? 0;
  }

  [Symbol.dispose](): void {
    this.#clock?.[Symbol.dispose]();
  }
}
