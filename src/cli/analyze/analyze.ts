import { writeTexts } from "../../bench/analysis/analysis_text.ts";
import { runExperiments } from "../../bench/analysis/experiments.ts";
import { regressedMaps, regressionTexts } from "../../bench/analysis/regressed_maps.ts";
import { analysisPage } from "../../bench/report/analysis/page.ts";
import { analysisText } from "../../bench/report/analysis/text.ts";
import { TRANSFER_MAPS } from "../../draft/hidden_transfer/load_maps.ts";
import { MEDUSA_HEADS } from "../../draft/medusa/load_heads.ts";
import { FolderAssets } from "../../engine/drafting/draft_assets.ts";
import type { Transformer } from "../../model/transformer.ts";
import type { Work } from "../../train/work.ts";
import { aboutRun, writeReport } from "../bench/report.ts";
import { ExitCode } from "../exit_codes.ts";
import { requirePlaceFor } from "../files.ts";
import { encodeBenchPrompts, readBenchPrompts } from "../input/bench_prompts.ts";
import { assetFilesOf, loadWithProgress, openFolder } from "../open_model.ts";
import { StageProgress } from "../progress/stage_progress.ts";
import { InterruptScope } from "../terminal/interrupts.ts";
import { sayLine, standardOutput } from "../terminal/output.ts";
import type { AnalyzeFlags } from "./flags.ts";

/** Pseudo states of a model without maps of its own. */
const STEPS_WITHOUT_MAPS = 3;

/**
 * `foretoken analyze`: what drafts are made of, experiment by experiment. Returns the exit code.
 */
export async function runAnalyze(flags: AnalyzeFlags): Promise<number> {
  const output = standardOutput({ noColor: flags["no-color"] });
  const folder = await openFolder(flags.model);
  await requirePlaceFor("--out", flags.out);
  await requirePlaceFor("--json", flags.json);
  const categorized = await readBenchPrompts(flags);
  const assets = await FolderAssets.open(folder, {
    files: await assetFilesOf(flags),
    onWarning: sayLine,
  });
  const { prompts, description } = encodeBenchPrompts(
    await folder.text({ chatTemplate: flags["chat-template"] }),
    categorized,
    {
      contextLength: folder.config.contextLength,
      maxTokens: flags["max-tokens"],
    },
  );
  using resources = new DisposableStack();
  const { gpu, model } = resources.use(await loadWithProgress(folder));
  resources.use(assets);
  const about = aboutRun(folder.name, gpu, description);
  using interrupt = new InterruptScope({ listens: false });
  using progress = new StageProgress(output);
  interrupt.signal.addEventListener("abort", () => {
    progress[Symbol.dispose]();
    output.say("stopping; what was found follows");
  });
  const { onProgress } = progress;
  const ids = prompts.map((prompt) => prompt.ids);
  const isTrained = assets.missing(TRANSFER_MAPS) === null;
  const maps = isTrained
    ? await assets.load(TRANSFER_MAPS, model)
    : resources.use(await closedFormMaps(model, ids, onProgress));
  const analysis = await runExperiments({
    model,
    assets,
    maps,
    isTrained,
    heads: assets.missing(MEDUSA_HEADS) === null ? await assets.load(MEDUSA_HEADS, model) : null,
    prompts,
    texts: await writeTexts(
      model,
      ids,
      flags["max-tokens"],
      (done, total) => onProgress("writing texts", done, total),
    ),
    maxTokens: flags["max-tokens"],
    onProgress,
    onKept: () => interrupt.listen(),
    signal: interrupt.signal,
  }, new Set(flags.only ?? [1, 2, 3, 4, 5, 6]));
  progress[Symbol.dispose]();
  await output.write(analysisText(about, analysis));
  const json = () => JSON.stringify({ about, ...analysis }, null, 2) + "\n";
  await writeReport(["--out", flags.out], () => analysisPage(about, analysis), output);
  await writeReport(["--json", flags.json], json, output);
  return interrupt.isInterrupted ? interrupt.exitCode : ExitCode.ok;
}

async function closedFormMaps(
  model: Transformer,
  prompts: readonly (readonly number[])[],
  onProgress: Work["onProgress"],
) {
  const texts = regressionTexts(model, prompts);
  const layer = Math.floor(model.config.layerCount * 5 / 8);
  return await regressedMaps(model, texts, { layer, steps: STEPS_WITHOUT_MAPS, onProgress });
}
