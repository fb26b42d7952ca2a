/** `foretoken tune`: which method and tree of drafts are fastest on this device. */

import { trialTable } from "../../bench/report/trial_table.ts";
import {
  type BenchPrompt,
  encodeBenchPrompt,
  STATISTICS_PROMPTS,
  TUNING_PROMPTS,
} from "../../bench/runs/prompts.ts";
import { type ChoiceOptions, treeSizes } from "../../bench/tuning/choices.ts";
import { choiceText } from "../../bench/tuning/drafting_text.ts";
import {
  fastest,
  type Trial,
  type TrialOptions,
  type TrialPlan,
  tryMethods,
} from "../../bench/tuning/tuner.ts";
import { TRANSFER_MAPS } from "../../draft/hidden_transfer/load_maps.ts";
import { tunedMethods, tuningOf } from "../../draft/registry.ts";
import { FolderAssets } from "../../engine/drafting/draft_assets.ts";
import type { ModelText } from "../../engine/model_folder.ts";
import { count } from "../../engine/text/count.ts";
import { StageProgress } from "../progress/stage_progress.ts";
import { ExitCode } from "../exit_codes.ts";
import { readBenchPrompts } from "../input/bench_prompts.ts";
import { secondsText } from "../quantities.ts";
import { assetFilesOf, loadWithProgress, openFolder } from "../open_model.ts";
import { sayLine, standardOutput } from "../terminal/output.ts";
import { InterruptScope } from "../terminal/interrupts.ts";
import type { TuneFlags } from "./flags.ts";

/** Runs the command and returns the exit code. */
export async function runTune(flags: TuneFlags): Promise<number> {
  const output = standardOutput({ noColor: flags["no-color"] });
  const folder = await openFolder(flags.model);
  using assets = await FolderAssets.open(folder, {
    files: await assetFilesOf(flags),
    onWarning: sayLine,
  });
  const kind = tuningOf(assets);
  const missing = assets.missing(TRANSFER_MAPS);
  if (missing !== null) {
    const names = tunedMethods(assets).map(({ name }) => name).join(" and ");
    output.say(`without maps, plain decoding is tried beside ${names}; maps are ${missing}`);
  }
  const texts = await readTreeTexts(
    flags,
    await folder.text({ chatTemplate: flags["chat-template"] }),
  );
  using loaded = await loadWithProgress(folder);
  const { gpu, model } = loaded;
  const methods = await Promise.all(
    tunedMethods(assets).map((method) => method.load(model, assets)),
  );
  using interrupt = new InterruptScope({ listens: false });
  let trials: Trial[];
  {
    using progress = new StageProgress(output);
    trials = await folder.blamingWeights(() =>
      tryMethods(model, methods, {
        ...texts,
        maxTokens: flags["max-tokens"],
        sizes: treeSizes(model, flags["max-nodes"]),
        onPlan(plan) {
          output.say(planText(plan));
          interrupt.listen();
        },
        onProgress: progress.onProgress,
        signal: interrupt.signal,
      })
    );
  }
  if (trials.length === 0) {
    output.say("stopped before anything was tried; nothing is kept");
    return ExitCode.interrupted;
  }
  await output.write(
    `${gpu.name}; ${count(texts.prompts.length, "prompt")} timed, ` +
      `fixed shapes from ${count(texts.shapingPrompts.length, "other")}\n\n` +
      `${trialTable(trials)}\n`,
  );
  const best = fastest(trials);
  const { settings, figures } = best;
  const { millisecondsPerToken: plain } = trials[0].figures;
  const path = await assets.keep(kind, model, {
    ...settings,
    milliseconds: { tuned: figures.millisecondsPerToken, plain },
    date: new Date().toISOString().slice(0, 10),
  });
  await output.write(
    settings.nodes === 1
      ? "Plain decoding is fastest here; drafts would only cost time.\n"
      : `Fastest: ${choiceText(best)}, ${figures.speedUp.toFixed(2)} times plain decoding.\n`,
  );
  if (interrupt.isInterrupted) {
    output.say(`stopped early; the best so far is kept in ${path}`);
    return ExitCode.interrupted;
  }
  output.say(`kept in ${path}; generate and chat use it from now on`);
  return ExitCode.ok;
}

/** `31 ways of drafting, each on 2 texts beside plain decoding: about 4 min; the best then on 6` */
function planText({ choices, texts, seconds }: TrialPlan): string {
  const on = `each on ${count(texts.first, "text")} beside plain decoding`;
  const rest = texts.all > texts.first ? `; then the best on all ${texts.all}` : "";
  return `${count(choices, "way")} of drafting, ${on}, about ${secondsText(seconds)}${rest}`;
}

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
