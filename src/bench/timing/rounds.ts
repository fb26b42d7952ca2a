import { keepBusy } from "../../gpu/busy.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import type { Dispatch } from "../../gpu/kernel.ts";
import { PassTimer } from "./pass_timer.ts";
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
  /** Measurements of each thing. */
  rounds?: number;
  /** Seconds that a round fills with one thing, unless that has `repeats`. */
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
 * all things alike. Ratios between things are best taken round by round.
 */
export async function timeRounds(
  gpu: Gpu,
  things: readonly Timed[],
  { rounds = 7, roundSeconds = 0.05 }: TimingOptions = {},
): Promise<number[][]> {
  using timer = new PassTimer(gpu);
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
  if (things.length > 0) {
    const [{ dispatches, before }] = things;
    await keepBusy(gpu, async () => {
      before?.();
      await timer.run(dispatches, repeats[0]);
    });
  }
  const seconds: number[][] = things.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { dispatches, before }] of things.entries()) {
      before?.();
      seconds[i].push(await timer.run(dispatches, repeats[i]) / repeats[i]);
    }
  }
  return seconds;
}
