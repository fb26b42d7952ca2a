/** The options of the library's functions, and their defaults. */

import type { SamplingSettings } from "../../ops/choose.ts";
import { DRAFT_ASSETS, DRAFTING_METHODS } from "../../draft/registry.ts";
import { placesOf } from "../../draft/tree_shape.ts";
import type { DraftSettings, RankPath } from "../../format/settings/draft_settings.ts";
import { DataError } from "../../format/errors.ts";
import { MAX_NODES } from "../../ops/limits.ts";
import { noMethod } from "../drafting/method_names.ts";
import type { GenerationDefaults } from "../text/generation_defaults.ts";
import { COUNT_RANGE, randomSeed, SAMPLING_RANGES } from "../text/sampling.ts";
import {
  aBoolean,
  aFunction,
  anAbortSignal,
  aString,
  type Check,
  checkOptions,
  inRange,
  oneOf,
  wholeInRange,
  wrongKind,
} from "./checks.ts";

/** How tokens are drafted. It decides how fast a text comes, and never what it is. */
export interface DraftOptions {
  /**
   * Name of a drafting method, one of {@linkcode draftingMethods}; `auto` if left out. With a number of nodes
   * as `tree`, the one that `foretoken tune` found fastest on this device, or the model's best.
   */
  method?: string | undefined;
  /**
   * The tree of drafts that each pass verifies: its number of nodes, 1 … 64, or the paths of a static tree,
   * such as `[[0], [1], [0, 0]]`, where 0 is the best candidate of its depth. If left out, what is fastest
   * here, as far as it was measured.
   */
  tree?: number | readonly (readonly number[])[] | undefined;
}

/** How a model is opened. */
export interface OpenModelOptions extends DraftOptions {
  /**
   * Room for so many tokens of prompt and text together; the model's own context length if left out. That
   * of a model with longrope is the original one: more takes its rotations for long texts, which changes
   * shorter ones, too.
   */
  contextLength?: number | undefined;
  /** Number format of the KV cache; "f16", the default, halves its memory. */
  kv?: "f16" | "f32" | undefined;
  /** File with a chat template in place of the model's own, or the name of one of its templates. */
  chatTemplate?: string | undefined;
  /** Files to draft with in place of those in the folder, by the method that they were trained for. */
  draftAssets?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether the method `auto` begins with what earlier programs have learnt about drafting with this model on
   * this device, and keeps what it learns: in the user's own folder, see {@linkcode openModel}, where the
   * program may read and write it. Off if left out.
   */
  remember?: boolean | undefined;
  /** Hears the bytes of weights that are on the GPU and the bytes of all. */
  onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
  /** Ends the loading: nothing is left on the GPU, and the promise is rejected with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** How a text is made. */
export interface GenerateOptions extends DraftOptions {
  /** The text ends after so many tokens; 256 if left out. The context bounds it too. */
  maxTokens?: number | undefined;
  /** 0, the default, always takes the most probable token; higher is more varied, at most 100. */
  temperature?: number | undefined;
  /** Keeps the most probable tokens, so many; 0, the default, keeps all. */
  topK?: number | undefined;
  /** Keeps the most probable tokens that hold this mass, 0.001 … 1; 1, the default, keeps all. */
  topP?: number | undefined;
  /** Drops tokens less probable than this fraction of the most probable, 0 … 1; 0 is the default. */
  minP?: number | undefined;
  /** Makes tokens that are in the context less likely, 0.01 … 100; 1, the default, is off. */
  repetitionPenalty?: number | undefined;
  /**
   * With "model", what is left out of the settings above is as `generation_config.json` of the model says,
   * see {@linkcode Model.generationDefaults}; with "builtin", the default, it is as said above.
   */
  sampling?: "model" | "builtin" | undefined;
  /** The same seed gives the same text, whatever drafts it; random if left out. */
  seed?: number | undefined;
  /** The text ends where one of these would come, leaving it out. */
  stop?: string | readonly string[] | undefined;
  /**
   * Whether the model thinks before it answers messages, where its chat template can say so; what the
   * template does by itself if left out.
   */
  think?: boolean | undefined;
  /** Ends the text early, soon after it is aborted, or when its turn comes; what is there by then is the result. */
  signal?: AbortSignal | undefined;
}

/** How a conversation is held; what answers are made with can be changed for each of them. */
export interface ChatOptions extends GenerateOptions {
  /** Instruction for the whole conversation. */
  system?: string | undefined;
}

/** Options of a text, with what was left out filled in. */
export interface GenerateSettings {
  maxTokens: number;
  sampling: SamplingSettings;
  stop: readonly string[];
  think: boolean | undefined;
  signal: AbortSignal | undefined;
  /** Only what was given. */
  drafting: Partial<DraftSettings>;
}

/** A drafting method, in words. */
export interface DraftingMethodInfo {
  /** As in the option `method`. */
  readonly name: string;
  /** What it does, in a few words. */
  readonly summary: string;
}

/** The drafting methods by name; "autoregressive" is plain decoding, which drafts nothing. */
export const draftingMethods: readonly DraftingMethodInfo[] = DRAFTING_METHODS.map(
  ({ name, summary }) => ({ name, summary }),
);

const aMethod: Check = (value, name) => {
  aString(value, name);
  const problem = noMethod(value as string);
  if (problem !== null) throw new RangeError(`${name}: ${problem}`);
};

const aTree: Check = (value, name) => {
  if (!Array.isArray(value)) return wholeInRange({ minimum: 1, maximum: MAX_NODES })(value, name);
  if (!value.every(Array.isArray)) throw wrongKind(name, "a number or a list of paths", value);
  try {
    placesOf(value as RankPath[]);
  } catch (error) {
    throw new RangeError(`${name}: ${(error as Error).message}`);
  }
};

const someAssets: Check = (value, name) => {
  if (typeof value !== "object" || value === null) throw wrongKind(name, "an object", value);
  const methods = DRAFT_ASSETS.map(({ method }) => method);
  checkOptions(name, value, Object.fromEntries(methods.map((method) => [method, aString])));
};

const someStops: Check = (value, name) => {
  const stops = Array.isArray(value) ? value : [value];
  if (stops.every((stop) => typeof stop === "string" && stop !== "")) return;
  throw wrongKind(name, "a string or a list of strings, none of them empty", value);
};

const DRAFT_CHECKS = { method: aMethod, tree: aTree };

const OPEN_CHECKS: Readonly<Record<keyof OpenModelOptions, Check>> = {
  contextLength: wholeInRange(COUNT_RANGE),
  kv: oneOf(["f16", "f32"]),
  chatTemplate: aString,
  draftAssets: someAssets,
  remember: aBoolean,
  onProgress: aFunction,
  signal: anAbortSignal,
  ...DRAFT_CHECKS,
};

const GENERATE_CHECKS: Readonly<Record<keyof GenerateOptions, Check>> = {
  maxTokens: wholeInRange(COUNT_RANGE),
  temperature: inRange(SAMPLING_RANGES.temperature),
  topK: wholeInRange(SAMPLING_RANGES.topK),
  topP: inRange(SAMPLING_RANGES.topP),
  minP: inRange(SAMPLING_RANGES.minP),
  repetitionPenalty: inRange(SAMPLING_RANGES.repetitionPenalty),
  sampling: oneOf(["model", "builtin"]),
  seed: wholeInRange(SAMPLING_RANGES.seed),
  stop: someStops,
  think: aBoolean,
  signal: anAbortSignal,
  ...DRAFT_CHECKS,
};

/** @throws TypeError or RangeError that names the option which is wrong. */
export function checkOpenOptions(options: OpenModelOptions): void {
  checkOptions("openModel", options, OPEN_CHECKS);
}

/** @throws TypeError or RangeError that names the option which is wrong. */
export function checkChatOptions(options: ChatOptions): void {
  checkOptions("chat", options, { system: aString, ...GENERATE_CHECKS });
}

/**
 * The settings of a text.
 *
 * @param caller the function that was given the options.
 * @param defaults what counts where options are left out.
 * @param model what the model's authors say about sampling.
 * @throws TypeError or RangeError that names the option which is wrong.
 * @throws DataError if what the authors say is asked for and malformed.
 */
export function generateSettings(
  caller: string,
  given: GenerateOptions,
  { defaults = {}, model }: { defaults?: GenerateOptions; model: GenerationDefaults },
): GenerateSettings {
  checkOptions(caller, given, GENERATE_CHECKS);
  const isGiven = ([, value]: [string, unknown]) => value !== undefined;
  const wanted: GenerateOptions = Object.fromEntries(
    [...Object.entries(defaults), ...Object.entries(given)].filter(isGiven),
  );
  const isByModel = wanted.sampling === "model";
  if (isByModel && model.problems.length > 0) throw new DataError(model.problems[0]);
  const options = { ...(isByModel && model.sampling), ...wanted };
  const { maxTokens = 256, stop = [], signal } = options;
  const { temperature = 0, topK = 0, topP = 1, minP = 0, repetitionPenalty = 1 } = options;
  const seed = options.seed ?? (temperature > 0 ? randomSeed() : 0);
  return {
    maxTokens,
    sampling: { temperature, topK, topP, minP, repetitionPenalty, seed },
    stop: typeof stop === "string" ? [stop] : stop,
    think: options.think,
    signal,
    drafting: draftingOf(options),
  };
}

/** What of drafting was asked for. */
export function draftingOf({ method, tree }: DraftOptions): Partial<DraftSettings> {
  return {
    ...(method !== undefined && { method }),
    ...(typeof tree === "number" ? { nodes: tree } : tree && { paths: tree }),
  };
}
