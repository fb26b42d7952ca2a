/** Writing files that must never be found half written, and saying why a file would not do. */

/**
 * Writes a text file as a whole: into a temporary file beside it, then renamed over it.
 *
 * @param options.mode permissions of the new file.
 * @throws Deno.errors of the file system; the old file is then as it was.
 */
export async function writeTextAtomically(
  path: string,
  text: string,
  options: { mode?: number } = {},
): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    await Deno.writeTextFile(temporary, text, { ...options, createNew: true });
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

/** Why the file system refused, as the end of a sentence that names the path. */
export function reasonOf(error: unknown): string {
  // Deno's own words would tell people to change the command that a task has written for them.
  if (error instanceof Deno.errors.NotCapable) {
    return "the program was started without permission to go there; deno task foretoken has it";
  }
  const message = error instanceof Error ? error.message : String(error);
  return message.split(/ \(os error \d+\)/)[0];
}
