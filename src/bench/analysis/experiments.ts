/** The experiments of an analysis, one after the other. */

import type { DraftAssets } from "../../draft/assets.ts";
import type { TransferMaps } from "../../draft/hidden_transfer/transfer_maps.ts";
import type { MedusaHeads } from "../../draft/medusa/medusa_heads.ts";
import { missingFor } from "../../draft/method.ts";
import { DRAFTING_METHODS, PLAIN } from "../../draft/registry.ts";
import type { Transformer } from "../../model/transformer.ts";
import { profileOf } from "../../ops/profiles.ts";
import { evenly } from "../runs/evenly.ts";
import type { EncodedPrompt } from "../runs/paired_runs.ts";
import { untilAborted } from "../runs/until_aborted.ts";
import { measureAccuracy, type TextsWork } from "./accuracy.ts";
import type { Ablation, Analysis, LayerAccuracy } from "./analysis.ts";
import type { AnalysisText } from "./analysis_text.ts";
import { earlyExitGuesser, type Guesser, transferGuesser } from "./guessers.ts";
import { medusaGuesser } from "./medusa_guesser.ts";
import { regressedMaps, regressionTexts } from "./regressed_maps.ts";
import { measureRowTimes } from "../timing/row_times.ts";
import { measureSimilarity } from "./similarity.ts";
import { measureStepKinds } from "./step_kinds.ts";
import { TextStates } from "./text_states.ts";

/** Entry layers that are tried: each takes a regression, and a pass over all texts from there on. */
const MOST_LAYERS = 10;

/** Prompts that whole decodings are timed on. */
const TIMED_PROMPTS = 6;

/** What the experiments work with. */
export interface ExperimentContext {
  model: Transformer;
  assets: DraftAssets;
  /** The model's own maps, or some in closed form where it has none. */
  maps: TransferMaps;
  /** Whether the maps are the model's own. */
  isTrained: boolean;
  /** Null where there are none. */
  heads: MedusaHeads | null;
  prompts: readonly EncodedPrompt[];
  texts: readonly AnalysisText[];
  /** Tokens that each prompt is continued by. */
  maxTokens: number;
  onProgress(what: string, done: number, total: number): void;
  /** Hears when there is something that is kept if the signal ends the analysis. */
  onKept?: (() => void) | undefined;
  /** Ends the analysis early: what was found until then is the result. */
  signal?: AbortSignal | undefined;
}

/** The experiments in order, the first of which has the number 1. An empty list is no result. */
const EXPERIMENTS: readonly ((context: ExperimentContext) => Promise<Partial<Analysis>>)[] = [
  async ({ model, onProgress }) => {
    onProgress("timing rows", 0, 1);
    return { rowTimes: await measureRowTimes(model) };
  },
  async (context) => ({ accuracy: await accuracyOfAll(context) }),
  async (context) => ({ similarity: await compareStates(context) }),
  async (context) => ({ byLayer: await accuracyByLayer(context) }),
  async (context) => ({ ablation: await ablate(context) }),
  async (context) => ({ steps: await takeStepsApart(context) }),
];

/** Runs the experiments of these numbers, until the signal is aborted. */
export async function runExperiments(
  context: ExperimentContext,
  wanted: ReadonlySet<number>,
): Promise<Analysis> {
  const { signal, onKept } = context;
  const analysis: Analysis = { leftOut: reservations(context, wanted), stopped: null };
  const stopped = { unfinished: [] as number[], missing: [] as number[] };
  for (const [i, experiment] of EXPERIMENTS.entries()) {
    const number = i + 1;
    if (!wanted.has(number)) continue;
    const found = signal?.aborted ? {} : await experiment(context);
    const isMissing = Object.values(found).every((one) => Array.isArray(one) && one.length === 0);
    if (isMissing) stopped.missing.push(number);
    else {
      Object.assign(analysis, found);
      if (signal?.aborted) stopped.unfinished.push(number);
      onKept?.();
    }
  }
  if (Object.values(stopped).some((numbers) => numbers.length > 0)) analysis.stopped = stopped;
  return analysis;
}

/** What the model lacks for the experiments. */
function reservations(
  { maps, heads, isTrained }: ExperimentContext,
  wanted: ReadonlySet<number>,
): string[] {
  const lines: string[] = [];
  if (!isTrained && [2, 3, 5].some((one) => wanted.has(one))) {
    const layer = maps.layers[0];
    lines.push(
      `The model has no trained maps: those of experiments 2, 3 and 5 are in closed form, for layer ` +
        `${layer}.`,
    );
  }
  if (!heads && wanted.has(2)) {
    lines.push("The model has no heads of Medusa to compare with.");
  }
  return lines;
}

/** @param offsets for which the text's cache has free slots, one for each position. */
function statesFor({ model, texts, signal }: ExperimentContext, offsets = 0): TextStates {
  const length = Math.max(...texts.map(({ tokens }) => tokens.length));
  return new TextStates(model, length, { freeSlots: offsets * length, signal });
}

/** Tells of each text that is done. */
function counted(
  { texts, onProgress, onKept, signal }: ExperimentContext,
  what: string,
): TextsWork {
  let done = 0;
  onProgress(what, done, texts.length);
  const onText = () => {
    onProgress(what, ++done, texts.length);
    onKept?.();
  };
  return { signal, onText };
}

async function compareStates(context: ExperimentContext) {
  using text = statesFor(context);
  const work = counted(context, "comparing states");
  return await measureSimilarity(text, context.maps, context.texts, work);
}

async function accuracyOfAll(context: ExperimentContext) {
  const { model, maps, heads, texts } = context;
  using resources = new DisposableStack();
  const text = resources.use(statesFor(context, maps.maps.length));
  const half = Math.ceil(model.config.layerCount / 2);
  const guessers: Guesser[] = [resources.use(transferGuesser(text, maps))];
  if (heads) guessers.push(resources.use(medusaGuesser(text, heads)));
  guessers.push(resources.use(earlyExitGuesser(text, half, maps.maps.length)));
  return await measureAccuracy(text, guessers, texts, counted(context, "asking for drafts"));
}

/**
 * Entry layers to try: all of them in models of few, and some of those that lie evenly in others, the
 * maps' own among them.
 */
export function entryLayers(layerCount: number, own: number): number[] {
  const all = Array.from({ length: layerCount }, (_, layer) => layer);
  return [...new Set([...evenly(all, MOST_LAYERS), own])].sort((a, b) => a - b);
}

async function accuracyByLayer(context: ExperimentContext): Promise<LayerAccuracy[]> {
  const { model, maps, isTrained, prompts, texts, onProgress, onKept, signal } = context;
  const { layerCount } = model.config;
  using text = statesFor(context);
  const source = regressionTexts(model, prompts.map(({ ids }) => ids));
  const found: LayerAccuracy[] = [];
  const measure = async (some: TransferMaps, layer: number, kind: LayerAccuracy["maps"]) => {
    using guesser = transferGuesser(text, some);
    const accuracy = await measureAccuracy(text, [guesser], texts, { signal });
    signal?.throwIfAborted(); // A layer is worth something beside others on the same texts.
    for (const { offset: step, k, accuracy: top1 } of accuracy) {
      if (k === 1) found.push({ layer, step, maps: kind, top1 });
    }
  };
  const layers = entryLayers(layerCount, maps.layers[0]);
  await untilAborted(signal, async () => {
    for (const [done, layer] of layers.entries()) {
      onProgress("trying entry layers", done, layers.length);
      const steps = maps.maps.length;
      using regressed = await regressedMaps(model, source, { layer, steps, onProgress, signal });
      await measure(regressed, layer, "regression");
      onKept?.();
    }
    if (isTrained && new Set(maps.layers).size === 1) {
      await measure(maps, maps.layers[0], "trained");
    }
  });
  return found;
}

async function ablate(context: ExperimentContext): Promise<Ablation[]> {
  const { maps, texts } = context;
  const two = { ...maps, maps: maps.maps.slice(0, 2), layers: maps.layers.slice(0, 2) };
  using text = statesFor(context);
  using together = transferGuesser(text, two);
  using alone = transferGuesser(text, two, "itself");
  const guessers = [{ ...together, name: "earlier" }, { ...alone, name: "itself" }];
  const found = await measureAccuracy(
    text,
    guessers,
    texts,
    counted(context, "hiding earlier steps"),
  );
  if (found.length === 0) return [];
  const part = (method: string, step: number, best: number) =>
    found.find((one) => one.method === method && one.offset === step && one.k === best)!.accuracy;
  return two.layers.flatMap((_, i) =>
    (["earlier", "itself"] as const).map((sees) => ({
      step: i + 1,
      sees,
      top1: part(sees, i + 1, 1),
      top5: part(sees, i + 1, 5),
    }))
  );
}

async function takeStepsApart(
  { model, assets, prompts, maxTokens, onProgress, onKept, signal }: ExperimentContext,
) {
  const { nodes } = profileOf(model.gpu).trees;
  const plainFirst = [PLAIN, ...DRAFTING_METHODS.filter((method) => method !== PLAIN)];
  const methods = plainFirst.filter((method) => missingFor(method, assets) === null)
    .map((registered) => ({ registered, assets, nodes }));
  onProgress("taking steps apart", 0, methods.length);
  return await measureStepKinds(
    model,
    methods,
    evenly(prompts, TIMED_PROMPTS),
    maxTokens,
    {
      signal,
      onMethod(done) {
        onProgress("taking steps apart", done, methods.length);
        onKept?.();
      },
    },
  );
}
