import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { findFetched } from "../../../src/engine/library/find_model.ts";
import { NoInputError } from "../../../src/format/errors.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

async function withCache(test: (cache: string, folder: string) => Promise<void>): Promise<void> {
  const cache = await Deno.makeTempDir();
  try {
    const model = join(cache, "models--org--name");
    const folder = join(model, "snapshots", COMMIT);
    await Deno.mkdir(folder, { recursive: true });
    await Deno.mkdir(join(model, "refs"));
    await Deno.writeTextFile(join(model, "refs", "main"), COMMIT);
    for (const name of ["config.json", "tokenizer.json", "model.safetensors"]) {
      await Deno.writeTextFile(join(folder, name), "");
    }
    await test(cache, folder);
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

Deno.test("a model that was fetched is found by its name, at the revision that is meant", () =>
  withCache(async (cache, folder) => {
    const variable = (name: string) => name === "HF_HUB_CACHE" ? cache : undefined;
    assertEquals(await findFetched("org/name", variable), folder);
    assertEquals(await findFetched(`org/name@${COMMIT}`, variable), folder);
    const missing = "org/name@v2 is not in";
    await assertRejects(() => findFetched("org/name@v2", variable), NoInputError, missing);
    await Deno.remove(join(folder, "tokenizer.json"));
    const next = "foretoken pull org/name fetches it";
    await assertRejects(() => findFetched("org/name", variable), NoInputError, next);
  }));

Deno.test("what is no name of the hub, and a machine without a home, are told", async () => {
  const nowhere = () => undefined;
  for (const name of ["", "name", "a/b/c", "../up/name", "org/name@"]) {
    await assertRejects(() => findFetched(name, nowhere), RangeError, "name: expected ORG/NAME");
  }
  await assertRejects(() => findFetched(7 as never, nowhere), TypeError, "name: expected a string");
  await assertRejects(() => findFetched("org/name", nowhere), NoInputError, "set HF_HUB_CACHE");
});
