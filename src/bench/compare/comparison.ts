import type { Work } from "../../train/work.ts";
import { createDecoder, type DecoderOptions } from "../../decode/decoder.ts";
import type { DraftAssets } from "../../draft/assets.ts";
import type { RegisteredMethod } from "../../draft/method.ts";
import { AUTO, PLAIN } from "../../draft/registry.ts";
import type { Transformer } from "../../model/transformer.ts";
import { profileOf } from "../../ops/profiles.ts";
import { evenly } from "../runs/evenly.ts";
import { type Figures, figuresByCategory } from "../runs/figures.ts";
import {
  type Difference,
  type EncodedPrompt,
  type NamedDecoder,
  type Run,
  type RunClock,
  runPaired,
} from "../runs/paired_runs.ts";
import {
  type DraftingChoice,
  draftingChoice,
  draftingChoices,
  treeSizes,
} from "../tuning/choices.ts";
import { treeText } from "../tuning/drafting_text.ts";
import { fastestChoice, FIRST_TEXTS } from "../tuning/tuner.ts";
import { plainSeconds } from "../runs/plain_seconds.ts";
import { untilAborted } from "../runs/until_aborted.ts";
import { halves, timeStepParts } from "./step_parts.ts";
import { trainedParameters } from "./trained_parameters.ts";

/** A method to compare, with assets of its own, so that its memory can be told. */
export interface ComparedMethod {
  registered: RegisteredMethod;
  assets: DraftAssets;
}

/** How to compare. An aborted comparison has what was compared until then. */
export interface CompareOptions extends Work {
  maxTokens: number;
  rounds: number;
  /** Nodes of every method's tree; each with its own fastest tree if left out. */
  nodes?: number | undefined;
  decoder: DecoderOptions;
  /** What the comparison is timed by; the wall clock if left out. */
  clock?: RunClock;
  /** Hears at first about how many seconds the whole takes. */
  onEstimate?: ((seconds: number) => void) | undefined;
  /** Hears when there is something that is kept if the signal ends the comparison. */
  onKept?: (() => void) | undefined;
}

/** What a method is and did. */
export interface MethodReport {
  name: string;
  /** What it does, in a few words. */
  summary: string;
  /** `8 nodes, most probable paths` */
  tree: string;
  /** Rows of a step's forward pass, pseudo rows that it carries included. */
  rows: number;
  /** Drafts on a path. */
  depth: number;
  /** Numbers that were trained for it. */
  parameters: number;
  /** Of the GPU: the model's own, and the method's with its caches. */
  memoryBytes: number;
  /** Of one step; choice, acceptance and commit are in neither. Null if that was not measured. */
  seconds: { verifying: number; drafting: number } | null;
  /** Where its ids were not those of plain decoding; then it has no figures. */
  difference: Difference | null;
  /** By category, `ALL` included. */
  figures: Record<string, Figures>;
}

/** Methods side by side, plain decoding first, then in the order in which they were given. */
export interface Comparison {
  categories: string[];
  /**
   * How many of the prompts each method's tree was chosen on, and how many others fixed shapes were made
   * from, 0 if there were no others; null where the tree's size was given.
   */
  treesChosenOn: { prompts: number; others: number; of: number } | null;
  /** What it was timed by. */
  clock: RunClock;
  /** How many of the prompts were compared before it was stopped; null if it ran to its end. */
  stoppedAfter: { prompts: number; of: number } | null;
  methods: MethodReport[];
  runs: Run[];
}

/** Prompts that trees are tried out on, and that steps are taken apart on. */
const TUNING_PROMPTS = 5;
const PARTS_PROMPTS = 3;

/**
 * Compares methods on prompts, greedily, all texts of the same length.
 *
 * @throws the reason of the signal if that is aborted before a prompt was compared.
 */
export async function compareMethods(
  model: Transformer,
  compared: readonly ComparedMethod[],
  prompts: readonly EncodedPrompt[],
  options: CompareOptions,
): Promise<Comparison> {
  using resources = new DisposableStack();
  const before = model.gpu.liveBytes;
  const tuning = tuningPrompts(prompts);
  options.onEstimate?.(await estimate(model, compared.length, prompts, options));
  const opened: Opened[] = [];
  for (const method of plainFirst(compared)) {
    const one = await open(model, method, options, tuning);
    resources.use(one.decoder);
    opened.push(one);
  }
  const { runs, differences } = await runPaired(opened, prompts, {
    ...options,
    gpu: model.gpu,
    onProgress: (done, total) => options.onProgress?.("comparing", done, total),
    onRound: options.onKept,
  });
  const methods: MethodReport[] = [];
  for (const [i, one] of opened.entries()) {
    if (!options.signal?.aborted) options.onProgress?.("taking steps apart", i, opened.length);
    const { choice, registered, parameters } = one;
    const { rows, depth } = choice.method.sizes(model);
    const difference = differences.get(one.name) ?? null;
    methods.push({
      name: one.name,
      summary: registered.summary,
      tree: treeText(choice, model),
      rows,
      depth,
      parameters,
      memoryBytes: before + one.bytes,
      seconds: await stepSeconds(model, choice, prompts, options),
      difference,
      figures: difference ? {} : figuresByCategory(runs, one.name, depth),
    });
  }
  const done = new Set(runs.map(({ prompt }) => prompt));
  return {
    categories: [...new Set(runs.map(({ category }) => category))],
    treesChosenOn: options.nodes === undefined
      ? { prompts: tuning.timed.length, others: tuning.others.length, of: prompts.length }
      : null,
    clock: options.clock ?? "wall",
    stoppedAfter: options.signal?.aborted ? { prompts: done.size, of: prompts.length } : null,
    methods,
    runs,
  };
}

/** Seconds of the whole, as if every decoding took as long as plain decoding of the first prompt. */
async function estimate(
  model: Transformer,
  methods: number,
  prompts: readonly EncodedPrompt[],
  options: CompareOptions,
): Promise<number> {
  const { rounds, nodes } = options;
  const perText = await plainSeconds(model, prompts[0].ids, options);
  // Each tree is tried on a few texts, beside plain decoding.
  const trees = nodes === undefined ? (methods - 1) * treeSizes(model).length * 2 * FIRST_TEXTS : 0;
  return perText * (methods * prompts.length * rounds + trees);
}

/** Time of the parts of a step on a few of the prompts; null if the signal has ended the comparison. */
async function stepSeconds(
  model: Transformer,
  { method }: DraftingChoice,
  prompts: readonly EncodedPrompt[],
  options: CompareOptions,
): Promise<MethodReport["seconds"]> {
  const some = evenly(prompts, PARTS_PROMPTS).map(({ ids }) => ids);
  const seconds = await untilAborted(
    options.signal,
    () => timeStepParts(model, method, some, halves, options),
  );
  if (!seconds) return null;
  return { verifying: seconds.get("verifying")!, drafting: seconds.get("drafting")! };
}

interface Opened extends NamedDecoder {
  registered: RegisteredMethod;
  choice: DraftingChoice;
  parameters: number;
  /** GPU memory of what it loaded and of its decoder. */
  bytes: number;
}

async function open(
  model: Transformer,
  { registered, assets }: ComparedMethod,
  { nodes, decoder: decoderOptions, maxTokens, onProgress, signal }: CompareOptions,
  { timed, others }: TuningPrompts,
): Promise<Opened> {
  const before = model.gpu.liveBytes;
  const { name } = registered;
  const idsOf = (prompts: readonly EncodedPrompt[]) => prompts.map(({ ids }) => ids);
  const loaded = await registered.load(model, assets);
  // What changes its trees while a text runs is not to have the one that suits all texts best.
  const fixed = registered === AUTO ? profileOf(model.gpu).trees.auto : nodes;
  const choices = fixed === undefined
    ? await draftingChoices(model, [loaded], {
      sizes: treeSizes(model),
      shapingPrompts: idsOf(others.length > 0 ? others : timed),
      onProgress,
      signal,
    })
    : [draftingChoice(loaded, { nodes: fixed })];
  const choice = await fastestChoice(
    model,
    choices,
    {
      prompts: idsOf(timed),
      maxTokens,
      decoder: decoderOptions,
      signal,
      onProgress: (_, done, total) => onProgress?.(`trying trees of ${name}`, done, total),
    },
  );
  const decoder = createDecoder(model, decoderOptions, choice.method);
  const bytes = model.gpu.liveBytes - before;
  const parameters = await trainedParameters(registered, model, assets);
  return { name, registered, choice, parameters, decoder, bytes };
}

function plainFirst(compared: readonly ComparedMethod[]): ComparedMethod[] {
  const isPlain = ({ registered }: ComparedMethod) => registered.name === PLAIN.name;
  const plain = compared.find(isPlain);
  if (!plain) throw new TypeError(`${PLAIN.name} must be among the methods`);
  return [plain, ...compared.filter((method) => !isPlain(method))];
}

/** Prompts that trees are timed on, and others that fixed shapes are made from, which favour no shape. */
interface TuningPrompts {
  timed: EncodedPrompt[];
  others: EncodedPrompt[];
}

function tuningPrompts(prompts: readonly EncodedPrompt[]): TuningPrompts {
  const timed = evenly(prompts, TUNING_PROMPTS);
  const rest = prompts.filter((prompt) => !timed.includes(prompt));
  return { timed, others: evenly(rest, TUNING_PROMPTS) };
}
