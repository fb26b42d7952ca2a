import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, record } from "../../gpu/kernel.ts";

/** Times passes by GPU timestamps where the device has them, else by the wall clock. */
export class PassTimer implements Disposable {
  readonly #gpu: Gpu;
  readonly #queries: GPUQuerySet | null;
  readonly #resolved: GPUBuffer;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
    this.#queries = gpu.hasTimestamps
      ? gpu.device.createQuerySet({ type: "timestamp", count: 2 })
      : null;
    const usage = GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC;
    this.#resolved = gpu.buffer("timestamps", 16, usage);
  }

  /** Seconds that the dispatches take when recorded `repeats` times in one pass. */
  async run(dispatches: readonly Dispatch[], repeats: number): Promise<number> {
    const encoder = this.#gpu.device.createCommandEncoder({ label: "timed" });
    const queries = this.#queries;
    const pass = encoder.beginComputePass(
      queries
        ? {
          timestampWrites: {
            querySet: queries,
            beginningOfPassWriteIndex: 0,
            endOfPassWriteIndex: 1,
          },
        }
        : {},
    );
    for (let i = 0; i < repeats; i++) record(pass, dispatches);
    pass.end();
    if (queries) encoder.resolveQuerySet(queries, 0, 2, this.#resolved, 0);
    const start = performance.now();
    this.#gpu.device.queue.submit([encoder.finish()]);
    await this.#gpu.idle();
    if (!queries) return (performance.now() - start) / 1000;
    const [begin, end] = new BigUint64Array(await this.#gpu.read(this.#resolved, 0, 16));
    return Number(end - begin) / 1e9;
  }

  [Symbol.dispose](): void {
    this.#queries?.destroy();
    this.#gpu.free(this.#resolved);
  }
}
