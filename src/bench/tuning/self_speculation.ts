import { createDecoder } from "../../decode/decoder.ts";
import {
  type SelfSpeculation,
  selfSpeculative,
  untunedSelfSpeculation,
} from "../../draft/layer_skipping/self_speculative.ts";
import type { Transformer } from "../../model/transformer.ts";
import { comparePair } from "../runs/pair_figures.ts";

/** What is tried, and on what. */
export interface TuneSelfSpeculationOptions {
  prompts: readonly (readonly number[])[];
  /** Tokens by which the model continues each prompt. */
  maxTokens: number;
  /** Most settings to try. */
  trials: number;
  /** Hears how many settings of how many have been tried. */
  onProgress?: (done: number, total: number) => void;
}

/** The fastest settings that were found, and what they do. */
export interface TunedSelfSpeculation {
  settings: SelfSpeculation;
  /** Mean over all texts. */
  tokensPerForward: number;
  /** Medians over the texts. */
  milliseconds: { tuned: number; plain: number };
  /** Median over the texts of plain decoding's time by this one's, run after each other. */
  speedUp: number;
  /** Settings that were tried. */
  tried: number;
}

/** Drafts per step and confidences to try once the parts to leave out are found. */
const DRAFTS = [1, 2, 3, 5, 6, 8];
const CONFIDENCES = [0, 0.2, 0.35, 0.65, 0.8];

/**
 * Searches for the parts that the drafting passes of a model should leave out: from the untuned
 * settings on, one part after the other, middle layers first, is left out or taken back, and the
 * change is kept if the model's own texts come faster with it. Then the number of drafts and the
 * confidence are tried in the same way. New and old settings decode each text one right after the
 * other, so that a busy machine slows both.
 *
 * @throws Error if any settings give other ids than the others: then no speed means anything.
 */
export async function tuneSelfSpeculative(
  model: Transformer,
  options: TuneSelfSpeculationOptions,
): Promise<TunedSelfSpeculation> {
  const { layerCount } = model.config;
  const { prompts, maxTokens } = options;
  const changes: readonly Change[] = [
    ...middleOut(layerCount).flatMap((layer) => [toggle("attention", layer), toggle("mlp", layer)]),
    ...DRAFTS.map((drafts): Change => (settings) => ({ ...settings, drafts })),
    ...CONFIDENCES.map((confidence): Change => (settings) => ({ ...settings, confidence })),
  ];
  // If there is no time for all, those that make the most difference come first all the same.
  const tried = changes.slice(0, options.trials);
  let best = untunedSelfSpeculation(layerCount);
  for (const [done, change] of tried.entries()) {
    options.onProgress?.(done, tried.length);
    const candidate = change(best);
    using before = createDecoder(model, {}, selfSpeculative(best));
    using changed = createDecoder(model, {}, selfSpeculative(candidate));
    const { speedUp } = await comparePair(
      { name: "self-speculation before a change", decoder: before },
      { name: "self-speculation after a change", decoder: changed },
      prompts,
      { maxTokens },
    );
    if (speedUp > 1) best = candidate;
  }
  options.onProgress?.(tried.length, tried.length);
  using plain = createDecoder(model);
  using tuned = createDecoder(model, {}, selfSpeculative(best));
  const figures = await comparePair(
    { name: "plain decoding", decoder: plain },
    { name: "self-speculation", decoder: tuned },
    prompts,
    { maxTokens },
  );
  return {
    settings: best,
    tokensPerForward: figures.tokensPerForward,
    milliseconds: {
      tuned: figures.millisecondsPerToken,
      plain: figures.referenceMillisecondsPerToken,
    },
    speedUp: figures.speedUp,
    tried: tried.length,
  };
}

type Change = (settings: SelfSpeculation) => SelfSpeculation;

/** Leaves a part out that took part, or takes it back. */
function toggle(part: "attention" | "mlp", layer: number): Change {
  return ({ skips, ...limits }) => {
    const layers = new Set(skips[part]);
    if (!layers.delete(layer)) layers.add(layer);
    return { ...limits, skips: { ...skips, [part]: layers } };
  };
}

/** Layers from the middle to the ends. */
function middleOut(layerCount: number): number[] {
  const middle = (layerCount - 1) / 2;
  const layers = Array.from({ length: layerCount }, (_, layer) => layer);
  return layers.sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle) || a - b);
}
