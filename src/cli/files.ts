/** Writing files that must never be found half written. */

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
