/** The history of messages, for the arrow keys. */

import { ensureDir } from "@std/fs";
import { dirname } from "@std/path";
import { isPermitted, writeWhole } from "../../format/files.ts";

const MAX_ENTRIES = 1000;
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/**
 * Reads the history, oldest first. A missing file is an empty history, and so is one that this
 * program cannot read; lines that it did not write are passed over.
 */
export async function readHistory(path: string): Promise<string[]> {
  if (!await isPermitted("read", path)) return [];
  try {
    const { size, isFile } = await Deno.stat(path);
    if (!isFile || size > MAX_FILE_BYTES) return [];
    const lines = (await Deno.readTextFile(path)).split("\n");
    return lines.flatMap(entryOf).slice(-MAX_ENTRIES);
  } catch {
    return [];
  }
}

/** One JSON string a line, since a message may hold line breaks. */
function entryOf(line: string): string[] {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === "string" ? [entry] : [];
  } catch {
    return [];
  }
}

/**
 * Adds a message to the history on disk. Reads it again first: another chat may be running.
 *
 * @throws Deno.errors of the file system.
 */
export async function appendHistory(path: string, entry: string): Promise<void> {
  if (!await isPermitted("write", dirname(path))) {
    throw new Deno.errors.NotCapable("no permission to write there");
  }
  const entries = withEntry(await readHistory(path), entry);
  await ensureDir(dirname(path));
  const text = entries.map((one) => JSON.stringify(one) + "\n").join("");
  // Readable by the user alone: people write private things to a local model.
  await writeWhole(path, text, { mode: 0o600 });
}

/** The history with one more message at the end, not twice in a row, and not without bound. */
export function withEntry(entries: readonly string[], entry: string): string[] {
  if (entries.at(-1) === entry) return [...entries];
  return [...entries, entry].slice(-MAX_ENTRIES);
}
