/** `foretoken tune self-speculative`: which parts of its layers a model best drafts without here. */

import {
  type TunedSelfSpeculation,
  tuneSelfSpeculative,
} from "../../bench/tuning/self_speculation.ts";
import { MEASURED_SELF_SPECULATION } from "../../draft/layer_skipping/self_speculative.ts";
import { FolderAssets } from "../../engine/drafting/draft_assets.ts";
import { ExitCode } from "../exit_codes.ts";
import { loadWithProgress, openFolder } from "../open_model.ts";
import { standardOutput } from "../terminal/output.ts";
import { progressBar } from "../terminal/progress.ts";
import type { TuneSelfSpeculativeFlags } from "./flags.ts";
import { readTuningPrompts } from "./tune.ts";

/** Runs the command and returns the exit code. */
export async function runTuneSelfSpeculative(flags: TuneSelfSpeculativeFlags): Promise<number> {
  const output = standardOutput({ noColor: flags["no-color"] });
  const folder = await openFolder(flags.model);
  const prompts = await readTuningPrompts(flags, await folder.text());
  using assets = await FolderAssets.open(folder);
  using loaded = await loadWithProgress(folder);
  const { gpu, model } = loaded;
  let tuned: TunedSelfSpeculation;
  {
    using progress = progressBar("trying parts to leave out");
    tuned = await tuneSelfSpeculative(model, {
      prompts,
      maxTokens: flags["max-tokens"],
      trials: flags.trials,
      onProgress: progress.update,
    });
  }
  const { settings, milliseconds, speedUp, tokensPerForward, tried } = tuned;
  const { skips, drafts, confidence } = settings;
  const attention = [...skips.attention].sort((a, b) => a - b);
  const mlp = [...skips.mlp].sort((a, b) => a - b);
  await output.write(
    `${gpu.name}\n\n` +
      `Best of ${tried} changes: drafting without the attention of ${layersText(attention)} and ` +
      `the MLP of ${layersText(mlp)},\n` +
      `up to ${drafts} drafts, the last where the probability is below ${confidence}.\n` +
      `${tokensPerForward.toFixed(2)} tokens per forward, ${
        milliseconds.tuned.toFixed(2)
      } ms per ` +
      `token, ${speedUp.toFixed(2)} times plain decoding's ${milliseconds.plain.toFixed(2)} ms\n` +
      "on the prompts of the search, which flatter it; foretoken bench tells for others.\n",
  );
  const date = new Date().toISOString().slice(0, 10);
  const kept = { attention, mlp, drafts, confidence, milliseconds, date };
  const path = await assets.keep(MEASURED_SELF_SPECULATION, model, kept);
  output.say(`kept in ${path}; --method self-speculative uses it from now on`);
  return ExitCode.ok;
}

/** `layers 2, 4` */
function layersText(layers: readonly number[]): string {
  if (layers.length === 0) return "no layer";
  return `${layers.length === 1 ? "layer" : "layers"} ${layers.join(", ")}`;
}
