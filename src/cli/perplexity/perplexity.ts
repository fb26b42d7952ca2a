/** `foretoken perplexity`: how well a model foretells a text. */

import { textLogits } from "../../engine/audit/text_logits.ts";
import { count } from "../../engine/text/count.ts";
import {
  measurePerplexity,
  type Perplexity,
  type PerplexityWindows,
} from "../../engine/text/perplexity.ts";
import { UsageError } from "../errors.ts";
import { ExitCode } from "../exit_codes.ts";
import { readDocuments } from "../input/documents.ts";
import { loadWithProgress, openFolder } from "../open_model.ts";
import { describeCount } from "../progress/facts.ts";
import { Progress } from "../progress/progress.ts";
import { InterruptScope } from "../terminal/interrupts.ts";
import { standardOutput } from "../terminal/output.ts";
import type { PerplexityFlags } from "./flags.ts";

/** Tokens that the model sees at a time if nothing else is asked for. */
const WINDOW = 1024;

/** Runs the command and returns the exit code. */
export async function runPerplexity(file: string, flags: PerplexityFlags): Promise<number> {
  const output = standardOutput({ noColor: flags["no-color"] });
  const folder = await openFolder(flags.model);
  const { contextLength } = folder.config;
  const windows = windowsFor(flags, Math.min(contextLength, flags["context-length"] ?? Infinity));
  const text = await folder.text({ chatTemplate: flags["chat-template"] });
  const documents = await readDocuments([file], text, () => Promise.resolve());
  const counted = firstTokens(documents, flags.tokens ?? Infinity);
  using loaded = await loadWithProgress(folder, { contextLength: windows.window });
  using interrupt = new InterruptScope();
  using progress = new Progress("reading", describeCount("token"));
  const { signal } = interrupt;
  const { kv, batch: rows } = flags;
  const perplexity = await measurePerplexity(counted, {
    ...windows,
    readLogits: (ids, from) => textLogits(loaded.model, { ids, from, kv, rows, signal }),
    onProgress: (done, total) => progress.update({ done, total }),
    signal,
  });
  progress.wipe();
  if (flags.json) {
    await output.write(
      JSON.stringify({ model: folder.name, file, ...windows, ...perplexity }) + "\n",
    );
  } else {
    await output.write(`${perplexityText(perplexity)}\n`);
    output.say(
      `${count(perplexity.tokens, "token")} in windows of ${windows.window}, ` +
        `${windows.stride} of each counted`,
    );
  }
  if (!interrupt.isInterrupted) return ExitCode.ok;
  output.say("stopped; this is the perplexity of the tokens until then");
  return ExitCode.interrupted;
}

/** `PPL = 12.3456 ± 0.1234` */
export function perplexityText({ value, error }: Perplexity): string {
  return `PPL = ${value.toFixed(4)} ± ${error.toFixed(4)}`;
}

/** @throws UsageError if the model cannot see such windows. */
export function windowsFor(
  { window, stride }: Pick<PerplexityFlags, "window" | "stride">,
  contextLength: number,
): PerplexityWindows {
  const size = window ?? Math.min(WINDOW, contextLength);
  if (size > contextLength) {
    throw new UsageError(
      `--window ${size} is more than the ${contextLength} tokens of the context`,
    );
  }
  const step = stride ?? Math.max(1, Math.floor(size / 2));
  if (step >= size) {
    throw new UsageError(`--stride ${step}: expected less than the ${size} tokens of the window`);
  }
  return { window: size, stride: step };
}

/** The documents as far as they make so many tokens together. */
function firstTokens(documents: readonly Uint32Array[], most: number): Uint32Array[] {
  let left = most;
  return documents.map((document) => {
    const part = document.subarray(0, Math.min(document.length, left));
    left -= part.length;
    return part;
  }).filter(({ length }) => length > 0);
}
