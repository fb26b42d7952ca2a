import { trialTable } from "../../bench/report/trial_table.ts";
import { treeSizes } from "../../bench/tuning/choices.ts";
import { choiceText } from "../../bench/tuning/drafting_text.ts";
import { fastest, type Trial, type TrialPlan, tryMethods } from "../../bench/tuning/tuner.ts";
import { TRANSFER_MAPS } from "../../draft/hidden_transfer/load_maps.ts";
import { tunedMethods, tuningOf } from "../../draft/registry.ts";
import { FolderAssets } from "../../engine/drafting/draft_assets.ts";
import { count } from "../../engine/text/count.ts";
import type { Transformer } from "../../model/transformer.ts";
import { tilesOf } from "../../ops/products/block_tiles.ts";
import { assetFilesOf, loadWithProgress, openFolder } from "../open_model.ts";
import { StageProgress } from "../progress/stage_progress.ts";
import { secondsText } from "../quantities.ts";
import { InterruptScope } from "../terminal/interrupts.ts";
import { type Output, sayLine, standardOutput } from "../terminal/output.ts";
import type { TuneFlags } from "./flags.ts";
import { tuneDeviceTiles } from "./device_tiles.ts";
import { nothingTried, sayKept, today } from "./outcome.ts";
import { readTreeTexts, type TreeTexts } from "./prompts.ts";

/**
 * `foretoken tune`: which tiles of products are fastest on this device, if it is a GPU, and then which method and
 * tree of drafts. Returns the exit code.
 */
export async function runTune(flags: TuneFlags): Promise<number> {
  const output = standardOutput({ noColor: flags["no-color"] });
  const folder = await openFolder(flags.model);
  const files = await assetFilesOf(flags);
  using assets = await FolderAssets.open(folder, { files, onWarning: sayLine });
  const missing = assets.missing(TRANSFER_MAPS);
  if (missing !== null) {
    const names = tunedMethods(assets).map(({ name }) => name).join(" and ");
    output.say(`without maps, plain decoding is tried beside ${names}; maps are ${missing}`);
  }
  const text = await folder.text({ chatTemplate: flags["chat-template"] });
  const texts = await readTreeTexts(flags, text);
  using loaded = await loadWithProgress(folder);
  const { gpu, model } = loaded;
  if (tilesOf(gpu) !== null) await tuneDeviceTiles(model, output);
  using interrupt = new InterruptScope({ listens: false });
  const trials = await folder.blamingWeights(() =>
    tryAll(model, assets, { texts, flags, output, interrupt })
  );
  if (trials.length === 0) return nothingTried(interrupt, output);
  await output.write(
    `${gpu.name}; ${count(texts.prompts.length, "prompt")} timed, ` +
      `fixed shapes from ${count(texts.shapingPrompts.length, "other")}\n\n` +
      `${trialTable(trials)}\n`,
  );
  const best = fastest(trials);
  const { settings, figures } = best;
  const path = await assets.keep(tuningOf(assets), model, {
    ...settings,
    milliseconds: {
      tuned: figures.millisecondsPerToken,
      plain: trials[0].figures.millisecondsPerToken,
    },
    date: today(),
  });
  await output.write(
    settings.nodes === 1
      ? "Plain decoding is fastest here; drafts would only cost time.\n"
      : `Fastest: ${choiceText(best)}, ${figures.speedUp.toFixed(2)} times plain decoding.\n`,
  );
  const isWhole = !interrupt.isInterrupted;
  return sayKept(path, { isWhole, users: "generate and chat use it", interrupt }, output);
}

/** What trials are made with, and who hears of them. */
interface TuneRun {
  texts: TreeTexts;
  flags: TuneFlags;
  output: Output;
  interrupt: InterruptScope;
}

async function tryAll(
  model: Transformer,
  assets: FolderAssets,
  { texts, flags, output, interrupt }: TuneRun,
): Promise<Trial[]> {
  const methods = await Promise.all(
    tunedMethods(assets).map((method) => method.load(model, assets)),
  );
  using progress = new StageProgress(output);
  return await tryMethods(model, methods, {
    ...texts,
    maxTokens: flags["max-tokens"],
    sizes: treeSizes(model, flags["max-nodes"]),
    onPlan(plan) {
      output.say(planText(plan));
      interrupt.listen();
    },
    onProgress: progress.onProgress,
    signal: interrupt.signal,
  });
}

/** `31 ways of drafting, each on 2 texts beside plain decoding: about 4 min; the best then on 6` */
function planText({ choices, texts, seconds }: TrialPlan): string {
  const on = `each on ${count(texts.first, "text")} beside plain decoding`;
  const rest = texts.all > texts.first ? `; then the best on all ${texts.all}` : "";
  return `${count(choices, "way")} of drafting, ${on}, about ${secondsText(seconds)}${rest}`;
}
