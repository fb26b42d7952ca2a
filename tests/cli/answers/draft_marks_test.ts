import { assert, assertEquals } from "@std/assert";
import { legendLine, writeMarked, writePlain } from "../../../src/cli/answers/draft_marks.ts";
import { RecordedOutput } from "../terminal/recorded_output.ts";

const SPANS = [
  { text: "The", offset: 0 },
  { text: " cat", offset: 1 },
  { text: " sat", offset: 2 },
  { text: ".\n", offset: 8 },
  { text: "\n", offset: 1 },
  { text: "中", offset: 3 },
];

async function written(hasColor: boolean, write = writeMarked): Promise<string> {
  const output = new RecordedOutput(Infinity, hasColor);
  await write(output, SPANS);
  return output.text;
}

Deno.test("drafts that were kept have the colour of their offset", async () => {
  assertEquals(
    await written(true),
    "The\x1b[32m cat\x1b[39m\x1b[36m sat\x1b[39m\x1b[95m.\n\x1b[39m\x1b[32m\n\x1b[39m\x1b[33m中\x1b[39m",
  );
});

Deno.test("without colours they carry a figure, before the white space that follows", async () => {
  assertEquals(await written(false), "The cat¹ sat².⁸\n¹\n中³");
});

Deno.test("unmarked text is the text alone", async () => {
  for (const hasColor of [true, false]) {
    assertEquals(await written(hasColor, writePlain), "The cat sat.\n\n中");
  }
});

Deno.test("the legend shows the marks of all offsets, as they will be written", () => {
  const drafting = { method: "hidden-transfer", nodes: 8, depth: 8 };
  const [colored, plain] = [true, false].map((hasColor) =>
    legendLine(new RecordedOutput(Infinity, hasColor), drafting)
  );
  // deno-lint-ignore no-control-regex
  const colors = [...colored.matchAll(/\x1b\[(\d+)moffset (\d)\x1b\[39m/g)];
  assertEquals(colors.map(([, , offset]) => Number(offset)), [1, 2, 3, 4, 5, 6, 7, 8]);
  assertEquals(new Set(colors.map(([, color]) => color)).size, 8);
  assert(plain.includes("¹ offset 1, ² offset 2") && plain.includes("⁸ offset 8"), plain);
  const none = legendLine(new RecordedOutput(), { method: "autoregressive", depth: 0 });
  assertEquals(none, "autoregressive drafts nothing: every token is chosen by the model");
});
