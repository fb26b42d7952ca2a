/** Keys and values on disk: `--prompt-cache`, and what lies beside a saved conversation. */

import { reasonOf } from "../engine/reason.ts";
import { count } from "../engine/text/count.ts";
import type { TextModel } from "../engine/text/generate_text.ts";
import type { PromptCache } from "../engine/text/prompts/prompt_cache.ts";
import { DataError, NoInputError } from "../format/errors.ts";
import { type FlagValues, path } from "./flags/flags.ts";
import { Progress } from "./progress/progress.ts";
import { InterruptScope } from "./terminal/interrupts.ts";
import { bytesText } from "./quantities.ts";

/** The flag of commands that keep keys and values. */
export const PROMPT_CACHE_FLAG = {
  "prompt-cache": path({
    placeholder: "FILE",
    help: "keep keys and values in FILE, and compute nothing again that it holds of the same text",
  }),
};

/** The file that the flag names; null if it was not given. */
export function promptCacheOf(
  { "prompt-cache": file, quiet }: FlagValues<typeof PROMPT_CACHE_FLAG> & { quiet: boolean },
  { promptCache }: Pick<TextModel, "promptCache">,
  say: (line: string) => void,
): PromptCacheFile | null {
  if (file === undefined) return null;
  return new PromptCacheFile(promptCache, file, { say: quiet ? () => {} : say, warn: say });
}

/** Who hears of a file with keys and values. */
interface Listener {
  /** Hears what the file holds. */
  say(line: string): void;
  /** Hears why it is of no use. */
  warn(line: string): void;
}

/** Something that one of them hears. */
type Told = [to: keyof Listener, line: string];

/** A command's file with keys and values. Trouble with it costs time, so it is told and no more. */
export class PromptCacheFile {
  readonly #cache: PromptCache;
  readonly #path: string;
  readonly #listener: Listener;
  /** What the file holds, as far as is known. */
  #stored: readonly number[] = [];

  constructor(cache: PromptCache, path: string, listener: Listener) {
    this.#cache = cache;
    this.#path = path;
    this.#listener = listener;
  }

  /** Fills the cache, if the file is there and fits. */
  async load(): Promise<void> {
    using interrupt = new InterruptScope();
    this.#tell(await this.#read(interrupt.signal));
    interrupt.leaveIfTerminated();
  }

  /**
   * Writes the cache, unless the file holds it already.
   *
   * @param tokens how many of its ids are worth keeping; all if left out.
   */
  async save(tokens?: number): Promise<void> {
    using interrupt = new InterruptScope();
    this.#tell(await this.#write(tokens, interrupt.signal));
    interrupt.leaveIfTerminated();
  }

  async #read(signal: AbortSignal): Promise<Told | null> {
    using progress = new Progress(`reading ${this.#path}`);
    const { onProgress } = progress;
    try {
      const tokens = await this.#cache.load(this.#path, { onProgress, signal });
      if (tokens === null) return null;
      this.#stored = this.#cache.ids;
      return ["say", `${this.#path} holds the keys and values of ${count(tokens, "token")}`];
    } catch (error) {
      if (signal.aborted) return ["warn", `not used: reading ${this.#path} was interrupted`];
      if (!(error instanceof DataError || error instanceof NoInputError)) throw error;
      return ["warn", `not used: ${error.message}`];
    }
  }

  async #write(wanted: number | undefined, signal: AbortSignal): Promise<Told | null> {
    const ids = this.#cache.ids.slice(0, wanted);
    if (ids.every((id, i) => id === this.#stored[i])) return null;
    using progress = new Progress(`writing ${this.#path}`);
    const { onProgress } = progress;
    try {
      const kept = await this.#cache.save(this.#path, { tokens: ids.length, onProgress, signal });
      if (kept === null) return null;
      this.#stored = ids;
      const tokens = count(kept.tokens, "token");
      const size = bytesText(kept.bytes);
      return ["say", `${this.#path} keeps the keys and values of ${tokens}, ${size}`];
    } catch (error) {
      if (signal.aborted) {
        return ["warn", `nothing was kept: writing ${this.#path} was interrupted`];
      }
      const isTold = error instanceof DataError || error instanceof NoInputError;
      const line = isTold ? error.message : `${this.#path}: ${reasonOf(error)}`;
      return ["warn", `nothing was kept: ${line}`];
    }
  }

  #tell(told: Told | null): void {
    if (told === null) return;
    const [to, line] = told;
    this.#listener[to](line);
  }
}
