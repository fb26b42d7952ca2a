import { createDecoder } from "../../decode/decoder.ts";
import type { DraftContext, Drafter, DraftingMethod } from "../../draft/drafter.ts";
import type { Dispatch } from "../../gpu/kernel.ts";
import type { Transformer } from "../../model/transformer.ts";
import { median, PassTimer } from "../timing/timing.ts";
import { greedyRequest } from "../runs/decode_runs.ts";

/** A part of a step, by itself. */
export interface StepPart {
  name: string;
  dispatches: readonly Dispatch[];
}

/** What a step is made of, to be taken apart. */
export interface Step {
  /** The tree's embedding, its way through the layers and its logits, pseudo rows that it carries included. */
  verifying: readonly Dispatch[];
  /** Making the next tree. */
  drafting: readonly Dispatch[];
  /** What plain decoding would run in place of both: the same for the root alone. */
  plain: readonly Dispatch[];
}

/** Steps of each prompt that are measured, and recordings of a part in one measurement. */
const STEPS = 12;
const REPEATS = 3;

/**
 * Seconds of each part of a step, medians over some steps of each prompt. After a step of the decoder
 * its parts run again, each in a pass of its own, by the device's timestamps where it has them and by
 * the wall clock where not. Running again may change what is drafted, but never the text. Choice,
 * acceptance and the commit of keys and values cannot run twice and are not measured.
 */
export async function timeStepParts(
  model: Transformer,
  method: DraftingMethod,
  prompts: readonly (readonly number[])[],
  partsOf: (step: Step) => readonly StepPart[],
): Promise<Map<string, number>> {
  let watched: { context: DraftContext; drafter: Drafter } | undefined;
  const create = (context: DraftContext) => {
    const drafter = method.create(context);
    watched = { context, drafter };
    return drafter;
  };
  using decoder = createDecoder(model, { stepsPerSubmit: 1, ringDepth: 1 }, { ...method, create });
  const { context: { activations, cache }, drafter } = watched!;
  const { nodes } = method.sizes(model);
  const parts = partsOf({
    verifying: [
      ...model.embed(nodes, activations),
      ...drafter.forward(),
      ...model.logits(nodes, activations),
    ],
    drafting: drafter.draft("greedy"),
    plain: [
      ...model.embed(1, activations),
      ...model.runLayers(1, activations, cache, 0, model.config.layerCount),
      ...model.logits(1, activations),
    ],
  });
  using timer = new PassTimer(model.gpu);
  const seconds = new Map(parts.map(({ name }) => [name, [] as number[]]));
  for (const promptIds of prompts) {
    const request = greedyRequest(promptIds, 16 * STEPS);
    let step = 0;
    for await (const _ of decoder.decode(request)) {
      // The first step has nothing drafted yet.
      if (step++ === 0) continue;
      for (const { name, dispatches } of parts) {
        const time = dispatches.length === 0 ? 0 : await timer.run(dispatches, REPEATS) / REPEATS;
        seconds.get(name)!.push(time);
      }
      if (step > STEPS) break;
    }
  }
  return new Map([...seconds].map(([name, times]) => [name, median(times)]));
}

/** The two halves of a step. */
export function halves({ verifying, drafting }: Step): StepPart[] {
  return [
    { name: "verifying", dispatches: verifying },
    { name: "drafting", dispatches: drafting },
  ];
}
