/** The prompts that ways of drafting are tried on. */

import {
  type BenchPrompt,
  encodeBenchPrompt,
  STATISTICS_PROMPTS,
  TUNING_PROMPTS,
} from "../../bench/runs/prompts.ts";
import type { ChoiceOptions } from "../../bench/tuning/choices.ts";
import type { TrialOptions } from "../../bench/tuning/tuner.ts";
import type { ModelText } from "../../engine/model_folder.ts";
import { readBenchPrompts } from "../input/bench_prompts.ts";
import type { TuneFlags } from "./flags.ts";

/** Ids of the prompts that trees are timed on, and of those that fixed shapes are made for. */
export type TreeTexts = Pick<TrialOptions, "prompts"> & Pick<ChoiceOptions, "shapingPrompts">;

/**
 * Prompts to time trees on, and others that fixed shapes are made for: of a file every other one, from
 * the first on; without a file, or where it has one prompt only, the program's own.
 *
 * @throws DataError or NoInputError if the file is malformed or cannot be read.
 */
export async function readTreeTexts(
  flags: Pick<TuneFlags, "jsonl">,
  text: ModelText,
): Promise<TreeTexts> {
  const prompts = await readTuningPrompts(flags, text);
  if (flags.jsonl === undefined || prompts.length === 1) {
    return { prompts, shapingPrompts: encode(STATISTICS_PROMPTS, text) };
  }
  return {
    prompts: prompts.filter((_, i) => i % 2 === 0),
    shapingPrompts: prompts.filter((_, i) => i % 2 === 1),
  };
}

/**
 * Ids of the prompts to measure with: those of the file, or some of the program's own.
 *
 * @throws DataError or NoInputError if the file is malformed or cannot be read.
 */
export async function readTuningPrompts(
  { jsonl }: Pick<TuneFlags, "jsonl">,
  text: ModelText,
): Promise<number[][]> {
  const ofFile = jsonl !== undefined && await readBenchPrompts({ jsonl, limit: undefined });
  return encode(ofFile || TUNING_PROMPTS, text);
}

function encode(prompts: readonly BenchPrompt[], text: ModelText): number[][] {
  return prompts.map((prompt) => encodeBenchPrompt(text, prompt));
}
