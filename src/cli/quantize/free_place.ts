import { exists } from "@std/fs";
import { dirname, resolve } from "@std/path";
import { OutputFailedError } from "../../engine/errors.ts";
import { removeIfPossible } from "../../format/files.ts";
import { writingTo } from "../files.ts";

/** @throws OutputFailedError if there is something of the name already, or no folder to put it in. */
export async function requireFreePlace(out: string): Promise<void> {
  const isThere = (path: string) => writingTo(`-o ${out}`, () => exists(path));
  if (await isThere(out)) {
    throw new OutputFailedError(`-o ${out}: is there already; name a folder that is not`);
  }
  const parent = dirname(resolve(out));
  if (await isThere(parent)) return;
  throw new OutputFailedError(`-o ${out}: there is no folder ${parent}`);
}

/**
 * A free place that no other run of this program gets until it is given back. It is held by the system's lock
 * on a file beside it, which goes with this process, however that ends.
 *
 * @throws OutputFailedError as {@linkcode requireFreePlace}, and if another run holds it.
 */
export async function takeFreePlace(out: string): Promise<Disposable> {
  await requireFreePlace(out);
  const lock = `${resolve(out)}.lock`;
  const file = await writingTo(out, () => Deno.open(lock, { write: true, create: true }));
  // Where the file system knows no locks, whoever comes second hears of it at the end.
  if (!await file.tryLock(true).catch(() => true)) {
    file.close();
    throw new OutputFailedError(`-o ${out}: another run is writing it; name another folder`);
  }
  return {
    [Symbol.dispose]() {
      // While it is held, when it is nobody else's. What Windows keeps of an open file, the next run takes.
      removeIfPossible(lock);
      file.close();
    },
  };
}
