/** Saying why a file would not do. */

import { dirname, resolve } from "@std/path";
import { OutputFailedError } from "./errors.ts";

/** Why the file system refused, as the end of a sentence that names the path. */
export function reasonOf(error: unknown): string {
  // Deno's own words would tell people to change the command that a task has written for them.
  if (error instanceof Deno.errors.NotCapable) {
    return "the program was started without permission to go there; deno task foretoken has it";
  }
  const message = error instanceof Error ? error.message : String(error);
  return message.split(/ \(os error \d+\)/)[0];
}

/**
 * Says that a file cannot go there before any work is done for it.
 * @throws OutputFailedError if its folder is none or cannot be written, or the path is a folder.
 */
export async function requirePlaceFor(flag: string, path: string | undefined): Promise<void> {
  if (path === undefined) return;
  const folder = dirname(resolve(path));
  if (!await isFolder(folder)) {
    throw new OutputFailedError(`${flag} ${path}: there is no folder ${folder}`);
  }
  if (await isFolder(path)) {
    throw new OutputFailedError(`${flag} ${path}: is a folder; expected the name of a file`);
  }
  try {
    await Deno.remove(await Deno.makeTempFile({ dir: folder }));
  } catch (error) {
    throw new OutputFailedError(`${flag} ${path} cannot be written: ${reasonOf(error)}`);
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await Deno.stat(path).catch(() => null))?.isDirectory ?? false;
}
