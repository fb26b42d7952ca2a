import type { Work } from "../../train/work.ts";
import { createDecoder } from "../../decode/decoder.ts";
import {
  type SelfSpeculation,
  selfSpeculative,
  untunedSelfSpeculation,
} from "../../draft/layer_skipping/self_speculative.ts";
import type { Transformer } from "../../model/transformer.ts";
import { comparePair, type PairFigures } from "../runs/pair_figures.ts";
import type { RunOptions } from "../runs/paired_runs.ts";

/** What is tried, and on what. An aborted search gives the best until then. */
export interface TuneSelfSpeculationOptions extends Work {
  prompts: readonly (readonly number[])[];
  /** Tokens by which the model continues each prompt. */
  maxTokens: number;
  /** Most settings to try. */
  trials: number;
  /** Hears before the first trial how many there are, and about how many seconds they take. */
  onPlan?: ((trials: number, seconds: number) => void) | undefined;
}

/** The fastest settings that were found, and what they do. */
export interface TunedSelfSpeculation {
  settings: SelfSpeculation;
  /** Medians over the texts. */
  milliseconds: { tuned: number; plain: number };
  /** What they do beside plain decoding on all prompts; null if the search was ended early. */
  figures: PairFigures | null;
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
 * confidence are tried in the same way. New and old settings decode a few of the texts, others for each
 * change, one right after the other, so that a busy machine slows both.
 *
 * @returns null if the search was ended before anything was measured.
 * @throws Error if any settings give other ids than the others: then no speed means anything.
 */
export async function tuneSelfSpeculative(
  model: Transformer,
  options: TuneSelfSpeculationOptions,
): Promise<TunedSelfSpeculation | null> {
  const { layerCount } = model.config;
  const { prompts, trials, signal, onPlan, onProgress } = options;
  // If there is no time for all, those that make the most difference come first all the same.
  const changes = allChanges(layerCount).slice(0, trials);
  const untuned = untunedSelfSpeculation(layerCount);
  let found: TunedSelfSpeculation | null = null;
  try {
    const first = await besidePlain(model, untuned, options, textsOf(prompts, 0));
    const plain = first.referenceMillisecondsPerToken;
    const milliseconds = { tuned: first.millisecondsPerToken, plain };
    found = { settings: untuned, milliseconds, figures: null, tried: 0 };
    const texts = 2 * textsOf(prompts, 0).length * changes.length;
    onPlan?.(changes.length, texts * options.maxTokens * first.millisecondsPerToken / 1000);
    for (const [done, change] of changes.entries()) {
      const { settings } = found;
      const candidate = change(settings);
      const pair = await compareSettings(model, settings, candidate, {
        ...options,
        onProgress: (part, parts) =>
          onProgress?.("trying parts to leave out", done + part / parts, changes.length),
      }, done);
      const isBetter = pair.speedUp > 1;
      found = {
        ...found,
        tried: done + 1,
        ...(isBetter && {
          settings: candidate,
          milliseconds: { tuned: pair.millisecondsPerToken, plain },
        }),
      };
    }
    const figures = await besidePlain(model, found.settings, options, prompts);
    const { millisecondsPerToken: tuned, referenceMillisecondsPerToken } = figures;
    return { ...found, figures, milliseconds: { tuned, plain: referenceMillisecondsPerToken } };
  } catch (error) {
    if (signal?.aborted) return found;
    throw error;
  }
}

/** Texts that a change is tried on. */
const TEXTS_PER_TRIAL = 2;

/** Some of the texts, others for each trial until all have had their turn. */
function textsOf<Text>(texts: readonly Text[], trial: number): Text[] {
  const count = Math.min(TEXTS_PER_TRIAL, texts.length);
  return Array.from({ length: count }, (_, i) => texts[(trial * count + i) % texts.length]);
}

async function besidePlain(
  model: Transformer,
  settings: SelfSpeculation,
  { maxTokens, signal, onProgress }: TuneSelfSpeculationOptions,
  texts: readonly (readonly number[])[],
): Promise<PairFigures> {
  using plain = createDecoder(model);
  using tuned = createDecoder(model, {}, selfSpeculative(settings));
  return await comparePair(
    { name: "plain decoding", decoder: plain },
    { name: "self-speculation", decoder: tuned },
    texts,
    {
      gpu: model.gpu,
      maxTokens,
      signal,
      onProgress: (...progress) => onProgress?.("measuring beside plain decoding", ...progress),
    },
  );
}

async function compareSettings(
  model: Transformer,
  settings: SelfSpeculation,
  candidate: SelfSpeculation,
  { prompts, maxTokens, signal, onProgress }:
    & Pick<TuneSelfSpeculationOptions, "prompts" | "maxTokens" | "signal">
    & Pick<RunOptions, "onProgress">,
  trial: number,
): Promise<PairFigures> {
  using before = createDecoder(model, {}, selfSpeculative(settings));
  using changed = createDecoder(model, {}, selfSpeculative(candidate));
  return await comparePair(
    { name: "self-speculation before a change", decoder: before },
    { name: "self-speculation after a change", decoder: changed },
    textsOf(prompts, trial),
    { gpu: model.gpu, maxTokens, signal, onProgress },
  );
}

function allChanges(layerCount: number): Change[] {
  return [
    ...middleOut(layerCount).flatMap((layer) => [toggle("attention", layer), toggle("mlp", layer)]),
    ...DRAFTS.map((drafts): Change => (settings) => ({ ...settings, drafts })),
    ...CONFIDENCES.map((confidence): Change => (settings) => ({ ...settings, confidence })),
  ];
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
