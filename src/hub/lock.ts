/** Processes that want the same file take turns. */

import { ensureDir } from "@std/fs";
import { dirname } from "@std/path";
import { cacheError } from "./errors.ts";

/**
 * Takes the lock at a path; disposing of it gives it back. It is the system's own lock on a file, the
 * one that the Python library uses there: it goes with the process that holds it, however that ends.
 *
 * @param onWait is called once if another process holds it.
 * @throws CacheError if there can be no such file.
 */
export async function takeLock(path: string, onWait: () => void): Promise<Disposable> {
  for (let hasWaited = false;;) {
    const file = await openLock(path);
    try {
      if (!await file.tryLock(true)) {
        if (!hasWaited) onWait();
        hasWaited = true;
        await file.lock(true);
      }
      // Whoever held it may have removed the file; then the next takes a lock on another one.
      if (await isSameFile(file, path)) return { [Symbol.dispose]: () => file.close() };
    } catch (error) {
      file.close();
      throw cacheError(path, error);
    }
    file.close();
  }
}

async function openLock(path: string): Promise<Deno.FsFile> {
  try {
    await ensureDir(dirname(path));
    return await Deno.open(path, { write: true, create: true });
  } catch (error) {
    throw cacheError(path, error);
  }
}

/** Whether what is open still stands at the path; where the system cannot tell, it does. */
async function isSameFile(file: Deno.FsFile, path: string): Promise<boolean> {
  const [ours, theirs] = [await file.stat(), await Deno.stat(path).catch(() => null)];
  return theirs !== null && ours.ino === theirs.ino && ours.dev === theirs.dev;
}
