import { textLogits } from "../../engine/audit/text_logits.ts";
import type { ModelFolder } from "../../engine/model_folder.ts";
import { count } from "../../engine/text/count.ts";
import { malformed } from "../../format/errors.ts";
import {
  measurePerplexity,
  type Perplexity,
  type PerplexityWindows,
} from "../../engine/text/scores/perplexity.ts";
import { hostTurn } from "../../gpu/queues/turn.ts";
import { UsageError } from "../errors.ts";
import { ExitCode } from "../exit_codes.ts";
import { readFirstTokens, readPipedTokens } from "../input/documents.ts";
import { isStandardInput } from "../input/prompt_text.ts";
import { loadWithProgress, openFolder } from "../open_model.ts";
import { describeCount } from "../progress/facts.ts";
import { Progress } from "../progress/progress.ts";
import { InterruptScope } from "../terminal/interrupts.ts";
import { standardOutput } from "../terminal/output.ts";
import type { PerplexityFlags } from "./flags.ts";

/** Tokens that the model sees at a time if nothing else is asked for. */
const WINDOW = 1024;

/** What of a text is measured, and how. */
export interface PerplexitySettings extends Partial<PerplexityWindows> {
  /** Most tokens to take. */
  tokens?: number | undefined;
  contextLength?: number | undefined;
  chatTemplate?: string | undefined;
  kv?: "f16" | "f32";
  /** Rows that the device works at together. */
  rows?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Called for every token that was measured: from the first one on there is a result. */
  onToken?: () => void;
}

/** A perplexity with the windows that it was measured in. */
export type MeasuredPerplexity = Perplexity & PerplexityWindows;

/** `foretoken perplexity`: how well a model foretells a text. Returns the exit code. */
export async function runPerplexity(
  flags: PerplexityFlags,
  file: string | undefined,
): Promise<number> {
  if (file === undefined) {
    throw new UsageError("perplexity needs a text: foretoken perplexity FILE, or - for stdin");
  }
  const output = standardOutput({ noColor: flags["no-color"] });
  const folder = await openFolder(flags.model, flags);
  using interrupt = new InterruptScope({ listens: false });
  const source = isStandardInput(file) ? Deno.stdin.readable : file;
  const measured = await perplexityOf(folder, source, {
    window: flags.window,
    stride: flags.stride,
    tokens: flags.tokens,
    contextLength: flags["context-length"],
    chatTemplate: flags["chat-template"],
    kv: flags.kv,
    rows: flags.batch,
    signal: interrupt.signal,
    onToken: () => interrupt.listen(),
  });
  if (flags.json) {
    await output.write(JSON.stringify({ model: folder.name, file, ...measured }) + "\n");
  } else {
    const { tokens, window, stride } = measured;
    await output.write(`${perplexityText(measured)}\n`);
    output.say(`${count(tokens, "token")} in windows of ${window}, ${stride} of each counted`);
  }
  if (!interrupt.isInterrupted) return ExitCode.ok;
  output.say("stopped; this is the perplexity of the tokens until then");
  return interrupt.exitCode;
}

/**
 * The perplexity of a file's texts, or of the text that is piped in, with progress.
 *
 * @throws UsageError if the model cannot see such windows.
 * @throws NoInputError or DataError if the text or the model cannot be read, NoGpuError without a GPU.
 */
export async function perplexityOf(
  folder: ModelFolder,
  source: string | ReadableStream<Uint8Array<ArrayBuffer>>,
  settings: PerplexitySettings,
): Promise<MeasuredPerplexity> {
  const { tokens = Infinity, chatTemplate, signal } = settings;
  const { kv = "f16", rows, onToken } = settings;
  const windows = windowsFor(settings, folder.contextLength(settings.contextLength));
  const text = await folder.text({ chatTemplate });
  const documents = await readingText(() =>
    typeof source === "string"
      ? readFirstTokens(source, text, tokens)
      : readPipedTokens(source, text, tokens)
  );
  requireTokens(documents, typeof source === "string" ? source : "stdin");
  using loaded = await loadWithProgress(folder, { contextLength: windows.window });
  using progress = new Progress("reading", describeCount("token"));
  progress.begin();
  const perplexity = await folder.blamingWeights(() =>
    measurePerplexity(documents, {
      ...windows,
      readLogits: (ids, from) => textLogits(loaded.model, { ids, from, kv, rows, signal }),
      onProgress(done, total) {
        onToken?.();
        progress.update({ done, total });
      },
      signal,
    })
  );
  return { ...windows, ...perplexity };
}

/** `PPL = 12.3456 ± 0.1234` */
export function perplexityText({ value, error }: Perplexity): string {
  return `PPL = ${value.toFixed(4)} ± ${error.toFixed(4)}`;
}

/** @throws UsageError if the model cannot see such windows. */
export function windowsFor(
  { window, stride }: Partial<PerplexityWindows>,
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

/** @throws DataError if there is no token to foretell: before a model is loaded for nothing. */
function requireTokens(documents: readonly Uint32Array[], file: string): void {
  if (documents.some(({ length }) => length > 1)) return;
  const found = "no token that has another before it";
  throw malformed({ file, found, expected: "a text of at least two tokens" });
}

/** What reads a text, named on a terminal: the tokens of a long one take a while. */
async function readingText<Read>(read: () => Promise<Read>): Promise<Read> {
  using progress = new Progress("reading text");
  progress.begin();
  await hostTurn();
  return await read();
}
