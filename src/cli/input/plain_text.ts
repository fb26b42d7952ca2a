/** Plain text that is one document, read no further than it is needed. */

import { reasonOf } from "../../engine/reason.ts";
import { DataError, malformed, NoInputError } from "../../format/errors.ts";

/** Largest text that is one document, in bytes: its tokens are made in one go, in memory. */
const TEXT_LIMIT = 64 * 2 ** 20;

/** Shortest beginning that is read, in bytes. */
const SHORTEST = 2 ** 16;

/** Where a text comes from. */
export interface TextSource {
  /** Its name in messages. */
  readonly name: string;
  /** Opens it. */
  open(): Promise<ReadableStream<Uint8Array>>;
}

/** The file at a path. */
export function textFile(path: string): TextSource {
  return { name: path, open: async () => (await Deno.open(path)).readable };
}

/** How much of a text is needed. */
export interface Need {
  /** Bytes that are worth a look. */
  readonly bytes: number;
  /** Whether a beginning of the text is enough. */
  isEnough(beginning: string): boolean;
}

/** All of it. */
const ALL: Need = { bytes: TEXT_LIMIT + 1, isEnough: () => false };

/**
 * A text, or a beginning of it that is enough.
 *
 * @throws NoInputError if it cannot be read, DataError if it is not UTF-8, or more than is read is needed.
 */
export async function readPlain({ name, open }: TextSource, need = ALL): Promise<string> {
  try {
    const stream = await open();
    const reader = stream.getReader();
    try {
      return await readBeginning(reader, name, need);
    } finally {
      await reader.cancel();
    }
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new NoInputError(`${name} cannot be read: ${reasonOf(error)}`);
  }
}

async function readBeginning(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  name: string,
  need: Need,
): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let [text, bytes, wanted] = ["", 0, Math.max(need.bytes, SHORTEST)];
  for (;;) {
    const { done, value } = await reader.read();
    text += decode(decoder, value, name);
    if (done) return text;
    bytes += value.length;
    if (bytes > TEXT_LIMIT) throw tooLong(name);
    if (bytes < wanted) continue;
    if (need.isEnough(text)) return text;
    wanted *= 2;
  }
}

/** The next characters; without bytes, those of a text that is over. */
function decode(decoder: TextDecoder, bytes: Uint8Array | undefined, file: string): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined });
  } catch {
    throw malformed({ file, found: "bytes that are not UTF-8", expected: "UTF-8 text" });
  }
}

function tooLong(file: string): DataError {
  return malformed({
    file,
    found: "more bytes",
    expected: `at most ${TEXT_LIMIT} in one text`,
    next: "take a part of it, or make it lines of a .jsonl file",
  });
}
