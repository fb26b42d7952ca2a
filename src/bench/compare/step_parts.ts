import type { Work } from "../../train/work.ts";
import { createDecoder } from "../../decode/decoder.ts";
import type { StepParts } from "../../decode/step.ts";
import type { DraftingMethod } from "../../draft/drafter.ts";
import type { Dispatch } from "../../gpu/kernel.ts";
import type { Transformer } from "../../model/transformer.ts";
import { greedyRequest } from "../runs/greedy.ts";
import { median } from "../timing/statistics.ts";
import { PassTimer } from "../timing/pass_timer.ts";

/** A part of a step, by itself. */
export interface StepPart {
  name: string;
  dispatches: readonly Dispatch[];
}

/** What can be measured of a step, and what plain decoding would run in its place. */
export interface MeasuredStep extends Omit<StepParts, "accepting"> {
  plain: readonly Dispatch[];
}

/** Steps of each prompt that are measured, and recordings of a part in one measurement. */
const STEPS = 12;
const REPEATS = 3;

/**
 * Seconds of each part of a step, medians over some steps of each prompt. After a step of the decoder
 * its parts run again, each in a pass of its own, by the device's timestamps where it has them and by
 * the wall clock where not. Running again may change what is drafted, but never the text. Choice,
 * acceptance, the commit of keys and values and lookups cannot run twice and are not measured.
 *
 * @throws the reason of the signal if that is aborted.
 */
export async function timeStepParts(
  model: Transformer,
  method: DraftingMethod,
  prompts: readonly (readonly number[])[],
  partsOf: (step: MeasuredStep) => readonly StepPart[],
  { signal }: Pick<Work, "signal"> = {},
): Promise<Map<string, number>> {
  using decoder = createDecoder(model, { stepsPerSubmit: 1, ringDepth: 1 }, method);
  using timer = new PassTimer(model.gpu);
  const seconds = new Map<string, number[]>();
  for (const promptIds of prompts) {
    const request = greedyRequest(promptIds, 16 * STEPS, signal);
    let steps = 0;
    for await (const _ of decoder.decode(request)) {
      // The first step has nothing drafted yet.
      if (steps++ === 0) continue;
      // Made anew each time, since the cache may have grown.
      const step = { ...decoder.stepParts("greedy"), plain: decoder.verifyRootAlone() };
      for (const { name, dispatches } of partsOf(step)) {
        const time = dispatches.length === 0 ? 0 : await timer.run(dispatches, REPEATS) / REPEATS;
        seconds.getOrInsert(name, []).push(time);
      }
      signal?.throwIfAborted();
      if (steps > STEPS) break;
    }
    signal?.throwIfAborted();
  }
  return new Map([...seconds].map(([name, times]) => [name, median(times)]));
}

/** The two halves of a step. */
export function halves({ embedding, layers, head, drafting }: MeasuredStep): StepPart[] {
  return [
    { name: "verifying", dispatches: [...embedding, ...layers, ...head] },
    { name: "drafting", dispatches: drafting },
  ];
}
