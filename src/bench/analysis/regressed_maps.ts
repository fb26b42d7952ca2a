/** Maps in closed form: what hidden transfer is worth at a layer without training. */

import type { TransferMaps } from "../../draft/hidden_transfer/transfer_maps.ts";
import type { Transformer } from "../../model/transformer.ts";
import { freeWeightMatrix, uploadMatrix } from "../../ops/products/weights.ts";
import { SelfTexts } from "../../train/texts/self_texts.ts";
import type { TrainingTexts } from "../../train/texts/texts.ts";
import type { Work } from "../../train/work.ts";
import { TransferTrainee } from "../../train/hidden_transfer/transfer_trainee.ts";

/** Texts that maps are made from, and their length in tokens. */
const TEXTS = 128;
const LENGTH = 128;

/** Tokens of a prompt that such a text begins with, so that it goes on in another way. */
const BEGINNING = 8;

/** Texts that the model writes itself, from the beginnings of the prompts. */
export function regressionTexts(
  model: Transformer,
  prompts: readonly (readonly number[])[],
): TrainingTexts {
  const beginnings = prompts.filter((ids) => ids.length >= BEGINNING)
    .map((ids) => Uint32Array.from(ids.slice(0, BEGINNING)));
  const shortest = Math.min(...prompts.map((ids) => ids.length));
  const anyway = prompts.map((ids) => Uint32Array.from(ids.slice(0, shortest)));
  return new SelfTexts(model, beginnings.length > 0 ? beginnings : anyway, {
    count: TEXTS,
    length: Math.min(LENGTH, model.contextLength),
    seed: 1,
    ends: model.config.eosTokenIds,
  });
}

/**
 * Maps from the state alone by ridge regression, all steps entering at one layer.
 * @throws the reason of the signal if that is aborted.
 */
export async function regressedMaps(
  model: Transformer,
  texts: TrainingTexts,
  { layer, steps, ...work }: { layer: number; steps: number } & Work,
): Promise<TransferMaps & Disposable> {
  const { gpu, config: { hiddenSize } } = model;
  const layers = Array.from({ length: steps }, () => layer);
  using trainee = new TransferTrainee(model, {
    layers,
    tokenLayer: null,
    loss: "kl",
    batch: 1,
    sequenceLength: Math.min(LENGTH, model.contextLength),
    start: "ridge",
  });
  const numbers = await trainee.start(texts, work);
  const matrices = numbers.map((map, i) =>
    uploadMatrix(gpu, `map ${i + 1} at layer ${layer}`, map, hiddenSize)
  );
  return {
    maps: matrices,
    layers,
    [Symbol.dispose]: () => matrices.forEach((matrix) => freeWeightMatrix(gpu, matrix)),
  };
}
