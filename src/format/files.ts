/** Opening and reading files of a model folder, with sizes checked before anything is read. */

import { basename, dirname, join } from "@std/path";
import { malformed, NoInputError } from "./errors.ts";
import { refuseMistaken, TELLING_BYTES } from "./mistaken_file.ts";

/** What a model folder holds, for hints. */
const MODEL_FOLDER = "a folder with config.json, tokenizer.json and model.safetensors";

/**
 * Does nothing if a readable folder stands at the path.
 *
 * @throws {DataError} when it is a file of another kind that people have in place of a model's folder.
 * @throws {NoInputError} when it is any other file, or nothing.
 */
export async function requireModelFolder(folder: string): Promise<void> {
  const info = await statIfThere(folder, MODEL_FOLDER);
  if (info === null) throw new NoInputError(`${folder}: no such folder; expected ${MODEL_FOLDER}`);
  if (!info.isDirectory) {
    if (info.isFile) refuseMistaken(await beginningOf(folder), folder, MODEL_FOLDER);
    throw new NoInputError(`${folder}: is a file; expected ${MODEL_FOLDER}`);
  }
}

/** The bytes of a file that tell what it is; none if it cannot be read. */
async function beginningOf(path: string): Promise<Uint8Array> {
  const opened = await Deno.open(path).catch(() => null);
  if (opened === null) return new Uint8Array();
  using file = opened;
  const start = new Uint8Array(TELLING_BYTES);
  return start.subarray(0, await file.read(start) ?? 0);
}

/**
 * Opens a regular file for reading and tells its size in bytes.
 *
 * `purpose` says what the file is for, such as "the model's weights"; it ends the hint. Anything
 * but a regular file is refused before it is opened: a pipe would block and a device never end.
 *
 * @throws {NoInputError} when it is not there, not a regular file or not readable.
 */
export async function openRegularFile(
  path: string,
  purpose: string,
): Promise<{ file: Deno.FsFile; size: number }> {
  const opened = await openRegularFileIfThere(path, purpose);
  if (opened === null) throw new NoInputError(`${path}: no such file; expected ${purpose}`);
  return opened;
}

/**
 * Text of a UTF-8 file of at most `limit` bytes, or null when nothing stands at the path.
 *
 * @throws {NoInputError} when it is not a regular file or not readable.
 * @throws {DataError} when it is larger or not UTF-8.
 */
export async function readTextIfThere(
  path: string,
  purpose: string,
  limit: number,
): Promise<string | null> {
  const opened = await openRegularFileIfThere(path, purpose);
  if (opened === null) return null;
  using file = opened.file;
  if (opened.size > limit) throw tooLarge(path, `${opened.size} bytes`, limit);
  const bytes = readUpTo(file, limit + 1, opened.size);
  // The file may have grown since its size was read.
  if (bytes.length > limit) throw tooLarge(path, "more bytes", limit);
  return decodeText(bytes, path);
}

/** Text of UTF-8 bytes, or a DataError that names the file. */
export function decodeText(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw malformed({ file, found: "bytes that are not UTF-8", expected: "UTF-8 text" });
  }
}

/** As `readTextIfThere`, but a missing file is a NoInputError too. */
export async function readText(path: string, purpose: string, limit: number): Promise<string> {
  const text = await readTextIfThere(path, purpose, limit);
  if (text === null) throw new NoInputError(`${path}: no such file; expected ${purpose}`);
  return text;
}

/**
 * Fills `target` from the file's current position and returns the number of bytes read, which is
 * smaller only where the file ends. It does not await: many reads are small, and each would wait for
 * a thread far longer than for the file.
 */
export function readFully(file: Deno.FsFile, target: Uint8Array): number {
  let filled = 0;
  while (filled < target.length) {
    const count = file.readSync(target.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return filled;
}

/** As `readFully`, beside other work: for so many bytes that they are worth waiting for a thread. */
export async function readFullyBeside(
  file: Deno.FsFile,
  target: Uint8Array<ArrayBuffer>,
): Promise<number> {
  let filled = 0;
  while (filled < target.length) {
    const count = await file.read(target.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return filled;
}

/** The NoInputError that tells why the system would not let a file be read. */
export function notReadable(error: unknown, path: string, purpose: string): NoInputError {
  const denied = error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotCapable;
  // Deno's own messages go on with the call and the path, which stand at the front of ours.
  const reason = denied ? "permission denied" : String((error as Error).message).split(":")[0];
  return new NoInputError(`${path}: cannot be read (${reason}); expected ${purpose}`, {
    cause: error,
  });
}

async function openRegularFileIfThere(
  path: string,
  purpose: string,
): Promise<{ file: Deno.FsFile; size: number } | null> {
  const info = await statIfThere(path, purpose);
  if (info === null) return null;
  if (info.isDirectory) throw new NoInputError(`${path}: is a folder; expected ${purpose}`);
  if (!info.isFile) throw new NoInputError(`${path}: is not a regular file; expected ${purpose}`);
  try {
    return { file: await Deno.open(path, { read: true }), size: info.size };
  } catch (error) {
    throw notReadable(error, path, purpose);
  }
}

/** What stands at the path, links followed, or null when nothing does. */
export async function statIfThere(path: string, purpose: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory; // Of a part of the path.
    if (isMissing) return null;
    throw notReadable(error, path, purpose);
  }
}

/** At most `limit` bytes, in a buffer that starts at `expected` bytes and grows only if needed. */
function readUpTo(file: Deno.FsFile, limit: number, expected: number): Uint8Array {
  let buffer = new Uint8Array(Math.min(limit, expected + 1));
  let filled = readFully(file, buffer);
  while (filled === buffer.length && filled < limit) {
    const larger = new Uint8Array(Math.min(limit, buffer.length * 2));
    larger.set(buffer);
    filled += readFully(file, larger.subarray(filled));
    buffer = larger;
  }
  return buffer.subarray(0, filled);
}

function tooLarge(path: string, found: string, limit: number): Error {
  return malformed({ file: path, found, expected: `at most ${limit} bytes` });
}

/** What stands under another name for so long is of a writer that was killed, not of one that is at it. */
const DAY_IN_MILLISECONDS = 24 * 3600 * 1000;

/** What names beside a path have after its own. */
const TEMPORARY = /^\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/**
 * Another name beside a path, for a file or folder that gets its own once it is whole. What writers of the
 * same path that were killed have left there is removed once it is a day old.
 */
export function temporaryBeside(path: string): string {
  // Asked for first: reading must not make Deno ask the user.
  const [folder, own] = [dirname(path), basename(path)];
  const { state } = Deno.permissions.querySync({ name: "read", path: folder });
  if (state === "granted") removeLeftovers(folder, own);
  return join(folder, `${own}.${crypto.randomUUID()}.tmp`);
}

function removeLeftovers(folder: string, own: string): void {
  for (const name of namesIn(folder)) {
    if (!name.startsWith(own) || !TEMPORARY.test(name.slice(own.length))) continue;
    const leftover = join(folder, name);
    try {
      const { mtime } = Deno.lstatSync(leftover);
      const age = mtime === null ? 0 : Date.now() - mtime.getTime();
      if (age > DAY_IN_MILLISECONDS) Deno.removeSync(leftover, { recursive: true });
    } catch {
      // It belongs to another user, or another writer was faster.
    }
  }
}

/** What stands in a folder; nothing where that cannot be read, in which no file can be written either. */
function namesIn(folder: string): string[] {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => name);
  } catch {
    return [];
  }
}

/**
 * Writes a file so that nobody ever sees half of it: first beside its place under another name, then
 * renamed.
 *
 * @param options.mode permissions of the new file.
 * @throws Deno.errors of the file system; the old file is then as it was.
 */
export async function writeWhole(
  path: string,
  content: Uint8Array | string | ReadableStream<Uint8Array>,
  options: { mode?: number } = {},
): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    await writeNew(temporary, content, options);
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

/** Writes a file that is not there yet. */
async function writeNew(
  path: string,
  content: Uint8Array | string | ReadableStream<Uint8Array>,
  options: { mode?: number },
): Promise<void> {
  const pieces = typeof content === "string"
    ? [new TextEncoder().encode(content)]
    : content instanceof Uint8Array
    ? [content]
    : content;
  // `Deno.writeFile` and `FsFile.writable` hide it where a disk is full for a stream's last bytes.
  using file = await Deno.open(path, { ...options, write: true, createNew: true });
  for await (const piece of pieces) {
    for (let rest = piece; rest.length > 0;) rest = rest.subarray(await file.write(rest));
  }
}

/**
 * As `writeWhole`, at once: for a few bytes that are kept when something ends. Makes the folder too.
 *
 * @throws Deno.errors of the file system; the old file is then as it was.
 */
export function writeWholeAtOnce(path: string, content: string): void {
  Deno.mkdirSync(dirname(path), { recursive: true });
  const temporary = temporaryBeside(path);
  try {
    Deno.writeTextFileSync(temporary, content, { createNew: true });
    Deno.renameSync(temporary, path);
  } catch (error) {
    removeIfPossible(temporary); // On a full disk an empty file may be there, or none.
    throw error;
  }
}

/** Removes a file whose content is of no use, if it is there and the system lets it go. */
export function removeIfPossible(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Nobody misses it.
  }
}

/** Whether the program may read or write there without asking the user. */
export async function isPermitted(name: "read" | "write", path: string): Promise<boolean> {
  return (await Deno.permissions.query({ name, path })).state === "granted";
}
