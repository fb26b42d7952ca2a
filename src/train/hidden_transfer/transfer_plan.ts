import { basename } from "@std/path";
import type { ModelConfig } from "../../model/config.ts";
import { OptionError, type PlanTraining, type TrainingPlan, type TrainOptions } from "../plan.ts";
import { hasWayBack } from "../passes/transposed_weights.ts";
import { mostUsedTokens } from "../texts/most_used.ts";
import { ParentTrainee } from "./parents/parent_trainee.ts";
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
  /** Positions from one origin of drafts to the next; divides the steps and a text's tokens; 1 if left out. */
  every?: number | undefined;
  /**
   * Numbers of the factors that say what a token is worth after another; a multiple of 8. Then these alone
   * are trained, for the maps of `from`, which stay as they are.
   */
  parents?: number | undefined;
}

/** Plans the training of hidden transfer's maps. */
export const planTransfer: PlanTraining<TransferOptions> = (
  options,
  config,
) => {
  if (options.parents !== undefined) return planParents(options, options.parents, config);
  const { layerCount, vocabSize: vocabularySize } = config;
  const { loss, learningRate = 0.002, batch, sequenceLength, steps, every = 1, from } = options;
  for (const [name, count] of [["steps", steps], ["length", sequenceLength]] as const) {
    if (count % every === 0) continue;
    throw new OptionError("every", `${every}: expected a number that divides --${name}, ${count}`);
  }
  const start = from === undefined ? options.start : `maps of ${basename(from)}`;
  const draftTokens = Math.min(options.draftTokens, vocabularySize);
  const layers = transferLayers(options, layerCount);
  if (!hasWayBack(config, layers[0])) {
    const problem =
      `${layers[0]}: gradients do not go back through layers with experts or sinks, which come ` +
      "after it; train phrases and train medusa do without";
    throw new OptionError("layers", problem);
  }
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
    every,
    start,
  };
  const first: FirstMaps = from === undefined ? { start: options.start } : { from };
  return {
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

function planParents(
  { loss, learningRate = 0.02, batch, sequenceLength, every = 1, from }: TransferOptions,
  rank: number,
  { logitSoftCap }: ModelConfig,
): TrainingPlan {
  const problem = from === undefined
    ? "needs the maps that it is for: give their file with --from"
    : rank % 8 !== 0
    ? `${rank}: expected a multiple of 8`
    : every !== 1
    ? "learns from drafts after each position: leave out --every"
    : logitSoftCap
    ? "is not there for models whose logits have a soft cap"
    : null;
  if (from === undefined || problem !== null) throw new OptionError("parents", problem!);
  const settings = { parents: rank, loss, learningRate, batch, sequenceLength };
  return {
    settings: { ...settings, start: `maps of ${basename(from)}` },
    schedule: settings,
    create: (model) => ParentTrainee.open(model, { ...settings, from, rank }),
  };
}

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
