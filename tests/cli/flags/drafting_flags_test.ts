import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { UsageError } from "../../../src/cli/errors.ts";
import { METHOD_FLAGS, readDraftSettings } from "../../../src/cli/flags/drafting_flags.ts";
import { parseFlags } from "../../../src/cli/flags/flags.ts";
import { DRAFTING_METHODS } from "../../../src/draft/registry.ts";
import { DataError, NoInputError } from "../../../src/format/errors.ts";
import { MAX_NODES } from "../../../src/ops/limits.ts";

const parse = (...args: string[]) => parseFlags("try", METHOD_FLAGS, args);
const read = (...args: string[]) => readDraftSettings(parse(...args));

async function treeFile(text: string): Promise<string> {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(path, text);
  return path;
}

Deno.test("every registered method can be named, and unknown ones suggest the nearest", () => {
  for (const { name } of DRAFTING_METHODS) assertEquals(parse("--method", name).method, name);
  const message = (word: string) => assertThrows(() => parse("--method", word), UsageError).message;
  assertEquals(
    message("hidden-tranfer"),
    '--method: there is no drafting method "hidden-tranfer"; did you mean hidden-transfer?',
  );
  assertStringIncludes(message("auto-regressive"), "did you mean autoregressive?");
  const names = DRAFTING_METHODS.map(({ name }) => name).join(", ");
  assertStringIncludes(message("x"), `there are ${names}`);
});

Deno.test("a tree has as many nodes as a pass can verify", async () => {
  assertEquals(await read("--tree", `${MAX_NODES}`), { method: undefined, nodes: MAX_NODES });
  for (const nodes of [0, MAX_NODES + 1]) {
    assertThrows(() => parse("--tree", `${nodes}`), UsageError, "--tree needs a whole number");
  }
});

Deno.test("a tree's file is a list of paths", async () => {
  const file = await treeFile("[[0], [3], [0, 1]]");
  assertEquals(await read("--tree-file", file), {
    method: undefined,
    paths: [[0], [3], [0, 1]],
  });
  await assertRejects(() => read("--tree-file", file, "--tree", "4"), UsageError, "together");
});

Deno.test("what is no tree is refused with the file's name", async () => {
  const cases: [string, string][] = [
    ["[[0]", "is not valid JSON"],
    ['{"paths": [[0]]}', "expected a JSON list of paths"],
    ["[0, 1]", "expected a JSON list of paths"],
    ["[[0, 0]]", "tree path [0,0]: its prefix [0] does not stand before it"],
    ["[[-1]]", "tree path [-1]: expected 1 to"],
    ['[["0"]]', 'tree path ["0"]: expected 1 to'],
    ['[[0,{"toString":1,"valueOf":2}]]', "tree path [0, an object]: expected 1 to"],
    ["[[0], [0]]", "stands there twice"],
    [JSON.stringify(Array.from({ length: 64 }, (_, i) => [i])), "a tree of 65 nodes"],
  ];
  for (const [text, complaint] of cases) {
    const file = await treeFile(text);
    const { message } = await assertRejects(() => read("--tree-file", file), DataError);
    assertStringIncludes(message, file);
    assertStringIncludes(message, complaint);
  }
  await assertRejects(() => read("--tree-file", "/nowhere.json"), NoInputError, "/nowhere.json");
});
