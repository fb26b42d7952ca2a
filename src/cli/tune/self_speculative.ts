import type { PairFigures } from "../../bench/runs/pair_figures.ts";
import {
  type TunedSelfSpeculation,
  tuneSelfSpeculative,
} from "../../bench/tuning/self_speculation.ts";
import { MEASURED_SELF_SPECULATION } from "../../draft/layer_skipping/self_speculative.ts";
import { FolderAssets } from "../../engine/drafting/draft_assets.ts";
import { count } from "../../engine/text/count.ts";
import { StageProgress } from "../progress/stage_progress.ts";
import { secondsText } from "../quantities.ts";
import { loadWithProgress, openFolder } from "../open_model.ts";
import { InterruptScope } from "../terminal/interrupts.ts";
import { standardOutput } from "../terminal/output.ts";
import type { TuneSelfSpeculativeFlags } from "./flags.ts";
import { nothingTried, sayKept, today } from "./outcome.ts";
import { readTuningPrompts } from "./prompts.ts";

/**
 * `foretoken tune self-speculative`: which parts of its layers a model best drafts without here.
 * Returns the exit code.
 */
export async function runTuneSelfSpeculative(flags: TuneSelfSpeculativeFlags): Promise<number> {
  const output = standardOutput({ noColor: flags["no-color"] });
  const folder = await openFolder(flags.model);
  const prompts = await readTuningPrompts(
    flags,
    await folder.text({ chatTemplate: flags["chat-template"] }),
  );
  using assets = await FolderAssets.open(folder);
  using loaded = await loadWithProgress(folder);
  const { gpu, model } = loaded;
  using interrupt = new InterruptScope({ listens: false });
  let tuned: TunedSelfSpeculation | null;
  {
    using progress = new StageProgress(output);
    tuned = await folder.blamingWeights(() =>
      tuneSelfSpeculative(model, {
        prompts,
        maxTokens: flags["max-tokens"],
        trials: flags.trials,
        onPlan(trials, seconds) {
          output.say(`${count(trials, "change")} to try, about ${secondsText(seconds)}`);
          interrupt.listen();
        },
        onProgress: progress.onProgress,
        signal: interrupt.signal,
      })
    );
  }
  if (tuned === null) return nothingTried(interrupt, output);
  const { settings, milliseconds, figures, tried } = tuned;
  const { skips, drafts, confidence } = settings;
  const attention = [...skips.attention].sort((a, b) => a - b);
  const mlp = [...skips.mlp].sort((a, b) => a - b);
  const which = tried === 0 ? "Before any change" : `Best of ${count(tried, "change")}`;
  await output.write(
    `${gpu.name}\n\n` +
      `${which}: drafting without the attention of ${layersText(attention)} and ` +
      `the MLP of ${layersText(mlp)},\n` +
      `up to ${drafts} drafts, the last where the probability is below ${confidence}.\n` +
      (figures ? figuresText(figures) : ""),
  );
  const kept = { attention, mlp, drafts, confidence, milliseconds, date: today() };
  const path = await assets.keep(MEASURED_SELF_SPECULATION, model, kept);
  const users = "--method self-speculative uses it";
  return sayKept(path, { isWhole: figures !== null, users, interrupt }, output);
}

function figuresText(figures: PairFigures): string {
  const { tokensPerForward, millisecondsPerToken, referenceMillisecondsPerToken } = figures;
  return `${tokensPerForward.toFixed(2)} tokens per forward, ${
    millisecondsPerToken.toFixed(2)
  } ms per token, ${figures.speedUp.toFixed(2)} times plain decoding's ${
    referenceMillisecondsPerToken.toFixed(2)
  } ms\non the prompts of the search, which flatter it; foretoken bench tells for others.\n`;
}

/** `layers 2, 4` */
function layersText(layers: readonly number[]): string {
  if (layers.length === 0) return "no layer";
  return `${layers.length === 1 ? "layer" : "layers"} ${layers.join(", ")}`;
}
