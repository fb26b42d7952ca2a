import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, record } from "../../gpu/kernel.ts";
import { median } from "./statistics.ts";

/** A thing to time: dispatches that are recorded in order. */
export interface Timed {
  label: string;
  dispatches: readonly Dispatch[];
  /** Runs of a round, one after the other in one pass; as many as fill the round if left out. */
  repeats?: number;
  /** Queues what must be written before each round. */
  before?: () => void;
}

/** How often and how long things are timed. */
export interface TimingOptions {
  rounds?: number;
  /** A round records a thing as often as fills this. */
  roundSeconds?: number;
}

/** Median seconds per run of each thing, see {@link timeRounds}. */
export async function timeInterleaved(
  gpu: Gpu,
  things: readonly Timed[],
  options: TimingOptions = {},
): Promise<number[]> {
  return (await timeRounds(gpu, things, options)).map(median);
}

/**
 * Seconds per run, [things, rounds], in interleaved rounds, so that a machine that slows down slows
 * all things alike: what they take relative to each other is best asked of each round.
 */
export async function timeRounds(
  gpu: Gpu,
  things: readonly Timed[],
  { rounds = 7, roundSeconds = 0.05 }: TimingOptions = {},
): Promise<number[][]> {
  const timer = new PassTimer(gpu);
  const repeats: number[] = [];
  for (const thing of things) {
    thing.before?.();
    await timer.run(thing.dispatches, 1); // Compiles the pipelines.
    thing.before?.();
    const once = thing.repeats ? 0 : await timer.run(thing.dispatches, 3) / 3;
    repeats.push(
      thing.repeats ?? Math.max(1, Math.min(1000, Math.ceil(roundSeconds / once))),
    );
  }
  const seconds: number[][] = things.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { dispatches, before }] of things.entries()) {
      before?.();
      seconds[i].push(await timer.run(dispatches, repeats[i]) / repeats[i]);
    }
  }
  timer[Symbol.dispose]();
  return seconds;
}

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
