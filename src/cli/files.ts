/** Places for files that a command will write. */

import { exists } from "@std/fs";
import { dirname, resolve } from "@std/path";
import { environmentVariable } from "../engine/environment.ts";
import { OutputFailedError } from "../engine/errors.ts";
import { reasonOf } from "../engine/reason.ts";

/** A path with the user's home in place of a `~` at its beginning, as shells expand it. */
export function expandHome(path: string): string {
  const home = environmentVariable("HOME") ?? environmentVariable("USERPROFILE");
  const isInHome = path === "~" || path.startsWith("~/");
  return isInHome && home !== undefined ? home + path.slice(1) : path;
}

/**
 * Checks that a file can be written before any work is done for it.
 * @throws OutputFailedError if its folder is none or cannot be written, or the path is a folder.
 */
export async function requirePlaceFor(flag: string, path: string | undefined): Promise<void> {
  if (path === undefined) return;
  await requireFolderFor(flag, path);
  await requireWritable(flag, path);
}

/**
 * The same for a file that is of use where it is there and cannot be written.
 * @throws OutputFailedError if its folder is none or closed, or the path is a folder, or there is no file and
 * none can be written.
 */
export async function requirePlaceUnlessThere(
  flag: string,
  path: string | undefined,
): Promise<void> {
  if (path === undefined) return;
  await requireFolderFor(flag, path);
  if (!await writingTo(`${flag} ${path}`, () => exists(path))) await requireWritable(flag, path);
}

async function requireWritable(flag: string, path: string): Promise<void> {
  const dir = dirname(resolve(path));
  await writingTo(
    `${flag} ${path}`,
    async () => await Deno.remove(await Deno.makeTempFile({ dir })),
  );
}

async function requireFolderFor(flag: string, path: string): Promise<void> {
  const folder = dirname(resolve(path));
  if (!await isFolder(`${flag} ${path}`, folder)) {
    throw new OutputFailedError(`${flag} ${path}: there is no folder ${folder}`);
  }
  if (await isFolder(`${flag} ${path}`, path)) {
    throw new OutputFailedError(`${flag} ${path}: is a folder; expected the name of a file`);
  }
}

/**
 * Runs what writes a file or a folder.
 *
 * @param name how messages call it.
 * @throws OutputFailedError that names it if the system refuses, and whatever else is thrown.
 */
export async function writingTo<Result>(
  name: string,
  write: () => Promise<Result>,
): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw new OutputFailedError(`${name} cannot be written: ${reasonOf(error)}`);
  }
}

/** Whether the system or the program's permissions are what an error comes from. */
function isRefusal(error: unknown): boolean {
  return error instanceof Deno.errors.NotCapable || typeof Object(error).code === "string";
}

/** @throws OutputFailedError that begins with the name if the system will not tell. */
async function isFolder(name: string, path: string): Promise<boolean> {
  return await writingTo(name, () => isDirectory(path));
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory; // Of a part of the path.
    if (isMissing) return false;
    throw error;
  }
}
