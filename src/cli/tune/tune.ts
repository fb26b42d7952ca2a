/** `foretoken tune`: which method and tree of drafts are fastest on this device. */

import { encodeBenchPrompt } from "../../bench/runs/decode_runs.ts";
import { type BenchPrompt, STATISTICS_PROMPTS, TUNING_PROMPTS } from "../../bench/runs/prompts.ts";
import {
  describeTree,
  fastest,
  type Trial,
  trialTable,
  tryTrees,
  type TuneOptions,
} from "../../bench/tuning/tune.ts";
import { TRANSFER_MAPS } from "../../draft/hidden_transfer/load_maps.ts";
import { MAPS_TUNING } from "../../draft/hidden_transfer/tuning.ts";
import { FolderAssets } from "../../engine/drafting/draft_assets.ts";
import type { ModelText } from "../../engine/model_folder.ts";
import { count } from "../../engine/text/count.ts";
import { encodePrompt } from "../../engine/text/prompt_encoding.ts";
import { NoInputError } from "../../format/errors.ts";
import { profileOf } from "../../ops/profiles.ts";
import { ExitCode } from "../exit_codes.ts";
import { readPrompts } from "../input/prompts.ts";
import { assetFilesOf, loadWithProgress, openFolder } from "../open_model.ts";
import { standardOutput } from "../terminal/output.ts";
import { progressBar } from "../terminal/progress.ts";
import type { TuneFlags } from "./flags.ts";

/** Sizes of trees that are worth trying; all up to the largest that is asked for. */
const SIZES = [2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 48, 64];

/** Runs the command and returns the exit code. */
export async function runTune(flags: TuneFlags): Promise<number> {
  const output = standardOutput({ noColor: flags["no-color"] });
  const folder = await openFolder(flags.model);
  using assets = await FolderAssets.open(folder, await assetFilesOf(flags));
  const missing = assets.missing(TRANSFER_MAPS);
  if (missing !== null) throw new NoInputError(`tune needs ${missing}`);
  const texts = await readTreeTexts(flags, await folder.text());
  using loaded = await loadWithProgress(folder);
  const { gpu, model } = loaded;
  const maps = await assets.load(TRANSFER_MAPS, model);
  const largest = flags["max-nodes"] ?? Math.max(...profileOf(gpu).trees.sizes);
  let trials: Trial[];
  {
    using progress = progressBar("trying trees");
    trials = await tryTrees(model, maps, {
      ...texts,
      maxTokens: flags["max-tokens"],
      isCombinedTried: true,
      nodes: SIZES.filter((nodes) => nodes <= largest),
      onProgress: progress.update,
    });
  }
  await output.write(
    `${gpu.name}; ${count(texts.prompts.length, "prompt")} timed, ` +
      `fixed shapes from ${count(texts.statisticsPrompts.length, "other")}\n\n` +
      `${trialTable(trials)}\n`,
  );
  const best = fastest(trials);
  const path = await assets.keep(MAPS_TUNING, model, {
    method: best.method,
    nodes: best.nodes,
    paths: best.paths,
    inPassNodes: best.inPassNodes,
    milliseconds: { tuned: best.millisecondsPerToken, plain: trials[0].millisecondsPerToken },
    date: new Date().toISOString().slice(0, 10),
  });
  await output.write(
    best.nodes === 1
      ? "Plain decoding is fastest here; drafts would only cost time.\n"
      : `Fastest: ${describeTree(best)}, ${best.speedUp.toFixed(2)} times plain decoding.\n`,
  );
  output.say(`kept in ${path}; generate and chat use it from now on`);
  return ExitCode.ok;
}

/**
 * Prompts to time trees on, and others that fixed shapes are made for: of a file every other one, from
 * the first on; without a file, or where it has one prompt only, the program's own.
 *
 * @throws DataError or NoInputError if the file is malformed or cannot be read.
 */
export async function readTreeTexts(
  flags: Pick<TuneFlags, "jsonl">,
  text: ModelText,
): Promise<Pick<TuneOptions, "prompts" | "statisticsPrompts">> {
  const prompts = await readTuningPrompts(flags, text);
  if (flags.jsonl === undefined || prompts.length === 1) {
    return { prompts, statisticsPrompts: encodeOwn(STATISTICS_PROMPTS, text) };
  }
  return {
    prompts: prompts.filter((_, i) => i % 2 === 0),
    statisticsPrompts: prompts.filter((_, i) => i % 2 === 1),
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
  if (jsonl === undefined) return encodeOwn(TUNING_PROMPTS, text);
  const source = { prompt: undefined, file: undefined, chat: false, system: undefined };
  const prompts = await readPrompts({ ...source, jsonl });
  return prompts.map((prompt) => encodePrompt(text, prompt).ids);
}

function encodeOwn(
  prompts: readonly BenchPrompt[],
  { tokenizer, template }: ModelText,
): number[][] {
  return prompts.map((prompt) => encodeBenchPrompt(tokenizer, template, prompt));
}
