/** `foretoken bench`: the drafting methods side by side on this device. */

import {
  type ComparedMethod,
  compareMethods,
  type Comparison,
} from "../../bench/compare/comparison.ts";
import type { AboutRun } from "../../bench/report/about_run.ts";
import { comparisonPage } from "../../bench/report/comparison/page.ts";
import { disqualifications } from "../../bench/report/comparison/tables.ts";
import { formatComparison } from "../../bench/report/comparison/formats.ts";
import { missingFor } from "../../draft/method.ts";
import { DRAFTING_METHODS, PLAIN } from "../../draft/registry.ts";
import { FolderAssets } from "../../engine/drafting/draft_assets.ts";
import { CheckFailedError } from "../../engine/errors.ts";
import type { ModelFolder } from "../../engine/model_folder.ts";
import { count } from "../../engine/text/count.ts";
import { NoInputError } from "../../format/errors.ts";
import { UsageError } from "../errors.ts";
import { ExitCode } from "../exit_codes.ts";
import { requirePlaceFor } from "../files.ts";
import { encodeBenchPrompts, readBenchPrompts } from "../input/bench_prompts.ts";
import { secondsText } from "../quantities.ts";
import { assetFilesOf, loadWithProgress, openFolder } from "../open_model.ts";
import { StageProgress } from "../progress/stage_progress.ts";
import { InterruptScope } from "../terminal/interrupts.ts";
import { type Output, sayLine, standardOutput } from "../terminal/output.ts";
import type { BenchFlags } from "./flags.ts";
import { aboutRun, writeReport } from "./report.ts";

/**
 * Runs the command and returns the exit code.
 * @throws CheckFailedError at the end if a method was disqualified.
 */
export async function runBench(flags: BenchFlags): Promise<number> {
  const output = standardOutput({ noColor: flags["no-color"] });
  const folder = await openFolder(flags.model, flags);
  // Check the command line before anything is measured.
  await requirePlaceFor("--out", flags.out);
  const categorized = await readBenchPrompts(flags);
  const compared = await methodsToCompare(folder, flags, output);
  const { prompts, description } = encodeBenchPrompts(
    await folder.text({ chatTemplate: flags["chat-template"] }),
    categorized,
    {
      contextLength: folder.contextLength(flags["context-length"]),
      maxTokens: flags["max-tokens"],
    },
  );
  using resources = new DisposableStack();
  const contextLength = flags["context-length"];
  const { gpu, model } = resources.use(await loadWithProgress(folder, { contextLength }));
  for (const { assets } of compared) resources.use(assets);
  if (flags.clock === "processor" && !gpu.isSoftware) {
    throw new UsageError(`--clock processor tells nothing of ${gpu.name}, which is no processor`);
  }
  const about = aboutRun(folder.name, gpu, description);
  using interrupt = new InterruptScope({ listens: false });
  using progress = new StageProgress(output);
  interrupt.signal.addEventListener("abort", () => {
    progress[Symbol.dispose]();
    output.say("stopping; what was compared follows");
  });
  const comparison = await folder.blamingWeights(() =>
    compareMethods(model, compared, prompts, {
      maxTokens: flags["max-tokens"],
      rounds: flags.rounds,
      nodes: flags.tree,
      clock: flags.clock,
      decoder: { kv: flags.kv },
      onEstimate: (seconds) => output.say(estimateText(compared.length, prompts.length, seconds)),
      onProgress: progress.onProgress,
      onKept: () => interrupt.listen(),
      signal: interrupt.signal,
    })
  );
  progress[Symbol.dispose]();
  await reportComparison(about, comparison, flags, output);
  return interrupt.isInterrupted ? interrupt.exitCode : ExitCode.ok;
}

/** `8 methods on 60 prompts, about 25 min` */
function estimateText(methods: number, prompts: number, seconds: number): string {
  return `${count(methods, "method")} on ${count(prompts, "prompt")}, about ${
    secondsText(seconds)
  }`;
}

/**
 * Writes the comparison down.
 * @throws CheckFailedError at the end if a method was disqualified.
 */
export async function reportComparison(
  about: AboutRun,
  comparison: Comparison,
  { format, out }: Pick<BenchFlags, "format" | "out">,
  output: Output,
): Promise<void> {
  await output.write(formatComparison(format, about, comparison));
  await writeReport(["--out", out], () => comparisonPage(about, comparison), output);
  const [fault] = disqualifications(comparison);
  if (fault) {
    throw new CheckFailedError(`${fault}; this is a fault of the program, please report it`);
  }
}

/**
 * The methods to compare, each with assets of its own; plain decoding is always among them.
 * @throws NoInputError if one that was named lacks what it needs.
 */
async function methodsToCompare(
  folder: ModelFolder,
  { methods, ...files }: Pick<BenchFlags, "methods" | "maps" | "phrases">,
  output: Output,
): Promise<(ComparedMethod & { assets: Disposable })[]> {
  const assetFiles = await assetFilesOf(files);
  const compared: (ComparedMethod & { assets: Disposable })[] = [];
  for (const registered of DRAFTING_METHODS) {
    const { name } = registered;
    if (methods && !methods.includes(name) && name !== PLAIN.name) continue;
    const assets = await FolderAssets.open(folder, { files: assetFiles, onWarning: sayLine });
    const missing = missingFor(registered, assets);
    if (missing === null) compared.push({ registered, assets });
    else if (methods) throw new NoInputError(`${name} needs ${missing}`);
    else output.say(`${name} is left out: it needs ${missing}`);
  }
  return compared;
}
