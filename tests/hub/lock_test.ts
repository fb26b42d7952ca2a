import { assert } from "@std/assert";
import { exists } from "@std/fs";
import { join } from "@std/path";
import { takeLock } from "../../src/hub/lock.ts";

Deno.test("where the file was removed by whoever held the lock, the next locks a file that stands there", async () => {
  const path = join(await Deno.makeTempDir(), "locks", "file.lock");
  const waits = Promise.withResolvers<void>();
  const first = await takeLock(path, () => {});
  const second = takeLock(path, waits.resolve);
  await waits.promise;
  await Deno.remove(path);
  first[Symbol.dispose]();
  using _lock = await second;
  assert(await exists(path));
});
