/** A step of the loop as it is recorded, told without running it. */
import { createDecoder } from "../../src/decode/decoder.ts";
import type { DraftingMethod, StepKind } from "../../src/draft/drafter.ts";
import type { Dispatch } from "../../src/gpu/kernel.ts";
import type { Transformer } from "../../src/model/transformer.ts";
import type { Choosing } from "../../src/ops/choose.ts";

/** The dispatches of a step, by what they are for. */
export interface RecordedStep {
  /** Number of those that take rows through layers, of the drafting passes too. */
  inLayers: number;
  /** Names of all others up to the model's choice of tokens, in order. */
  choosing: string[];
  /** Names of those after it: what the loop's end and drafts cost. */
  after: string[];
}

/**
 * The step of a decoder with this method, or of plain decoding.
 *
 * @param model on a device that only counts.
 * @param kind one that drafts all that it can if left out.
 */
export function recordStep(
  model: Transformer,
  method: DraftingMethod | undefined,
  choosing: Choosing,
  kind?: StepKind,
): RecordedStep {
  const inLayers = new Set<Dispatch>();
  const runLayers = model.runLayers.bind(model);
  model.runLayers = (...inputs) => {
    const dispatches = runLayers(...inputs);
    for (const dispatch of dispatches) inLayers.add(dispatch);
    return dispatches;
  };
  const { embedding, layers, head, accepting, drafting } = createDecoder(model, {}, method)
    .stepParts(choosing, kind);
  model.runLayers = runLayers;
  const all = [...embedding, ...layers, ...head, ...accepting, ...drafting];
  const others = all.filter((dispatch) => !inLayers.has(dispatch));
  const isChoice = ({ family }: Dispatch) => family === "choice";
  const end = accepting.findLastIndex(isChoice) + 1;
  const after = new Set([...accepting.slice(end), ...drafting]);
  return {
    inLayers: all.length - others.length,
    choosing: others.filter((dispatch) => !after.has(dispatch)).map(nameOf),
    after: others.filter((dispatch) => after.has(dispatch)).map(nameOf),
  };
}

/** What a dispatch does, whatever the device's layout and the format of the weights. */
function nameOf({ family, label }: Dispatch): string {
  if (family === "product") return `product, ${label.split(" ")[1]}`;
  return label.split(" ")[0].replace(/_(gpu|subgroup8)$/, "");
}
