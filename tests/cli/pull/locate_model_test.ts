import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { hubHint } from "../../../src/cli/pull/locate_model.ts";

Deno.test("a model that was fetched is suggested for its name without its owner", async () => {
  const cache = await Deno.makeTempDir();
  await Deno.mkdir(join(cache, "models--org--SmolLM2", "snapshots", "0".repeat(40)), {
    recursive: true,
  });
  assertMatch(await hubHint("smollm2", cache), /^did you mean org\/SmolLM2@0+\?$/);
  const other =
    "a model of the hub is named ORG/NAME, and foretoken models lists those that are here";
  for (const place of [cache, join(cache, "none"), null]) {
    assertEquals(await hubHint("llama", place), other);
  }
});
