import { basename } from "@std/path";
import { TRANSFER_MAPS_FILE } from "../../format/trained/transfer_maps.ts";
import { OptionError, type PlanTraining, type TrainOptions } from "../plan.ts";
import { mostUsedTokens } from "../texts/most_used.ts";
import { type FirstMaps, TransferTrainee } from "./transfer_trainee.ts";

/** What the training of hidden transfer can be told. */
export interface TransferOptions extends TrainOptions {
  /**
   * Layers that pseudo states enter, one for all steps or one per step; five eighths of the way up if left
   * out.
   */
  layers?: readonly number[] | undefined;
  /** Whether maps start from the state and the token that was chosen after it, or from the state alone. */
  form: "token" | "plain";
  /** Layers that the chosen token passes alone, with the form "token". */
  tokenLayer: number;
  /** First maps: regression on the hidden states in closed form, or the identity. */
  start: "ridge" | "identity";
  /** A file of maps to begin with, in place of those. */
  from?: string | undefined;
  /** Tokens of the draft head: those that the texts use most. The model's own head if it has no more. */
  draftTokens: number;
}

/** Plans the training of hidden transfer's maps. */
export const planTransfer: PlanTraining<TransferOptions> = (
  options,
  { layerCount, vocabSize: vocabularySize },
) => {
  const { loss, learningRate = 0.002, batch, sequenceLength, from } = options;
  const start = from === undefined ? options.start : `maps of ${basename(from)}`;
  const draftTokens = Math.min(options.draftTokens, vocabularySize);
  const layers = transferLayers(options, layerCount);
  const tokenLayer = options.form === "token" ? options.tokenLayer : null;
  if (tokenLayer !== null && tokenLayer > layers[0]) {
    const expected = `expected a layer from 0 to ${layers[0]}, that of the maps`;
    throw new OptionError("tokenLayer", `${tokenLayer}: ${expected}`);
  }
  const settings = {
    layers,
    tokenLayer,
    draftTokens,
    loss,
    learningRate,
    batch,
    sequenceLength,
    start,
  };
  const first: FirstMaps = from === undefined ? { start: options.start } : { from };
  return {
    file: TRANSFER_MAPS_FILE,
    settings,
    schedule: settings,
    create: async (model, texts, work) => {
      const sizes = { count: draftTokens, vocabularySize };
      return new TransferTrainee(
        model,
        { ...settings, ...first },
        await mostUsedTokens(texts, sizes, work),
      );
    },
  };
};

function transferLayers(options: TransferOptions, layerCount: number): number[] {
  const { steps, form, layers: given = [Math.floor(layerCount * 5 / 8)] } = options;
  const layers = given.length === 1 ? Array.from({ length: steps }, () => given[0]) : [...given];
  const isRising = layers.every((layer, i) => layer < layerCount && layer >= (layers[i - 1] ?? 0));
  if (layers.length !== steps || !isRising) {
    const expected = `expected one layer or ${steps}, each from 0 to ${layerCount - 1} and none ` +
      "below the one before";
    throw new OptionError("layers", `${given}: ${expected}`);
  }
  if (form === "token" && new Set(layers).size > 1) {
    throw new OptionError("form", "token needs one layer for all steps; plain does not");
  }
  return layers;
}
