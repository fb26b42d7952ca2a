/**
 * The part of `@std/fs` that this project uses, on Deno's built-ins: the package itself is only on
 * JSR. Same names and signatures, so that one line of deno.json switches to it.
 */

/** Whether something stands at the path. */
export async function exists(path: string | URL): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Makes the folder and those above it. */
export async function ensureDir(path: string | URL): Promise<void> {
  await Deno.mkdir(path, { recursive: true });
}
