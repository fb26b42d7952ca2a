import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { findFetched } from "../../../src/engine/library/find_model.ts";
import { NoInputError } from "../../../src/format/errors.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

/** A cache of the hub with one model, in a folder of its own. */
async function fetchedModel(): Promise<{ cache: string; folder: string }> {
  const cache = await Deno.makeTempDir();
  const model = join(cache, "models--org--name");
  const folder = join(model, "snapshots", COMMIT);
  await Deno.mkdir(folder, { recursive: true });
  await Deno.mkdir(join(model, "refs"));
  await Deno.writeTextFile(join(model, "refs", "main"), COMMIT);
  for (const name of ["config.json", "tokenizer.json", "model.safetensors"]) {
    await Deno.writeTextFile(join(folder, name), "");
  }
  return { cache, folder };
}

Deno.test("a model that was fetched is found by its name, at the revision that is meant", async () => {
  const { cache, folder } = await fetchedModel();
  const variable = (name: string) => name === "HF_HUB_CACHE" ? cache : undefined;
  assertEquals(await findFetched("org/name", variable), folder);
  assertEquals(await findFetched(`org/name@${COMMIT}`, variable), folder);
  const missing = "org/name@v2 is not in";
  await assertRejects(() => findFetched("org/name@v2", variable), NoInputError, missing);
  await Deno.remove(join(folder, "tokenizer.json"));
  const next = "foretoken pull org/name fetches it";
  await assertRejects(() => findFetched("org/name", variable), NoInputError, next);
});

Deno.test("what is no name of the hub, and a machine without a home, are told", async () => {
  const nowhere = () => undefined;
  for (const name of ["", "name", "a/b/c", "../up/name", "org/name@"]) {
    await assertRejects(() => findFetched(name, nowhere), RangeError, "name: expected ORG/NAME");
  }
  await assertRejects(() => findFetched(7 as never, nowhere), TypeError, "name: expected a string");
  await assertRejects(() => findFetched("org/name", nowhere), NoInputError, "set HF_HUB_CACHE");
});
