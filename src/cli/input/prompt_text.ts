/** The text of a single prompt, from a file or from standard input. */

import { count } from "../../engine/text/count.ts";
import { reasonOf } from "../../engine/reason.ts";
import { DataError, NoInputError } from "../../format/errors.ts";
import type { ByteSource } from "../../format/jsonl.ts";

/** Standard input, as far as prompts are read from it. */
export interface StandardInput extends ByteSource {
  /** Whether somebody would have to type it. */
  isTerminal(): boolean;
}

/** Whether a path names standard input, which the program may not open as a file. */
export function isStandardInput(path: string | undefined): boolean {
  return path === "-" || path === "/dev/stdin";
}

/** A prompt is read whole; nothing that a context can hold is larger. */
const MAX_PROMPT_BYTES = 64 * 1024 * 1024;

const CHUNK_BYTES = 2 ** 16;

/** How long a pipe is waited for that may be there by chance, and when that is said. */
export interface Patience {
  /** Milliseconds after which it is said what is waited for. */
  untilNote: number;
  /** Milliseconds after which the prompt has to do without it. */
  untilGivenUp: number;
}

/** Long enough for most programs to begin writing, short enough for a job that runs unattended. */
const PATIENCE: Patience = { untilNote: 1000, untilGivenUp: 10_000 };

/**
 * All of a file as text, less the one line break that ends most files.
 *
 * @throws NoInputError if it cannot be read, DataError if it is too long or not UTF-8.
 */
export async function readFile(path: string): Promise<string> {
  try {
    using file = await Deno.open(path);
    return await readToEnd(file, path);
  } catch (error) {
    if (error instanceof DataError || error instanceof NoInputError) throw error;
    throw new NoInputError(`${path} cannot be read: ${reasonOf(error)}`);
  }
}

/**
 * What is piped in beside another part of the prompt, which says so. Programs that start others often
 * leave them a pipe into which nothing ever comes: one that stays empty is given up after a while.
 *
 * @throws NoInputError if it cannot be read, DataError if it is too long or not UTF-8.
 */
export async function readPiped(
  stdin: ByteSource,
  say: (line: string) => void,
  { untilNote, untilGivenUp }: Patience = PATIENCE,
): Promise<string> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  const first = stdin.read(buffer);
  const late = Promise.withResolvers<"late">();
  const timers = [
    setTimeout(
      () => say("waiting for standard input, an open pipe; < /dev/null says that there is none"),
      untilNote,
    ),
    setTimeout(() => late.resolve("late"), untilGivenUp),
  ];
  try {
    const length = await Promise.race([first, late.promise]);
    if (length === "late") {
      // Whatever comes of it, nobody waits for it any more.
      first.catch(() => {});
      say(
        `nothing came from standard input in ${untilGivenUp / 1000} s: going on without it ` +
          "(-f - waits for it)",
      );
      return "";
    }
    if (length === null) return "";
    const text = await readToEnd(stdin, "stdin", buffer.subarray(0, length));
    if (text !== "") {
      say(`the prompt begins with ${count(text.length, "character")} of standard input`);
    }
    return text;
  } catch (error) {
    if (error instanceof DataError || error instanceof NoInputError) throw error;
    throw new NoInputError(`stdin cannot be read: ${reasonOf(error)}`);
  } finally {
    timers.forEach(clearTimeout);
  }
}

/**
 * The rest of a source as text, less the one line break that ends most files.
 *
 * @param name how messages call it.
 * @param begun bytes of it that were read before.
 * @throws NoInputError if it cannot be read, DataError if it is too long or not UTF-8.
 */
export async function readToEnd(
  source: ByteSource,
  name: string,
  begun: Uint8Array = new Uint8Array(),
): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const buffer = new Uint8Array(CHUNK_BYTES);
  let bytes = 0;
  let text = "";
  try {
    for (let chunk: Uint8Array | null = begun; chunk !== null;) {
      bytes += chunk.length;
      if (bytes > MAX_PROMPT_BYTES) {
        throw new DataError(`${name}: the prompt has more than ${MAX_PROMPT_BYTES} bytes`);
      }
      text += decoder.decode(chunk, { stream: true });
      const length: number | null = await source.read(buffer);
      chunk = length === null ? null : buffer.subarray(0, length);
    }
    text += decoder.decode();
  } catch (error) {
    if (error instanceof DataError) throw error;
    if (error instanceof TypeError) throw new DataError(`${name}: the prompt is not UTF-8 text`);
    throw new NoInputError(`${name} cannot be read: ${reasonOf(error)}`);
  }
  return text.replace(/\r?\n$/, "");
}
