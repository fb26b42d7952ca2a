import { assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { longContextLine } from "../../src/engine/long_context.ts";
import { ModelFolder } from "../../src/engine/model_folder.ts";

const GOLDENS = new URL("../golden/architectures/", import.meta.url);
const open = (kind: string) => ModelFolder.open(fromFileUrl(new URL(kind, GOLDENS)));

Deno.test("a model with longrope has room for its original context, or more when asked", async () => {
  const folder = await open("phi3-longrope");
  assertEquals([undefined, 30, 48, 49, 512, 9999].map((asked) => folder.contextLength(asked)), [
    48,
    30,
    48,
    49,
    512,
    512,
  ]);
});

Deno.test("a context beyond the original one is told, since it changes shorter texts", async () => {
  const folder = await open("phi3-longrope");
  assertEquals([undefined, 30, 48].map((asked) => longContextLine(folder, asked)), [
    undefined,
    undefined,
    undefined,
  ]);
  assertMatch(longContextLine(folder, 49)!, /^phi3-longrope: .*more than 48 tokens/);
});

Deno.test("nothing is told of models with one rotation", async () => {
  assertEquals(longContextLine(await open("qwen2-yarn-window"), 9999), undefined);
});
