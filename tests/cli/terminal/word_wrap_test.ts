import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { textWidth } from "../../../src/cli/terminal/text_width.ts";
import { WordWrap } from "../../../src/cli/terminal/word_wrap.ts";
import { RecordedOutput } from "./recorded_output.ts";

/** The pieces as a terminal of so many columns shows them. */
async function wrapped(pieces: readonly string[], columns: number | (() => number)) {
  const output = new RecordedOutput();
  const wrap = new WordWrap(output, typeof columns === "number" ? () => columns : columns);
  for (const piece of pieces) await wrap.write(piece);
  await wrap.flush();
  return output.text;
}

/** Texts and their lines on a terminal of 11 columns, of which 10 are used. */
const CASES: [text: string, shown: string][] = [
  ["one two three four", "one two\nthree four"],
  ["exactly 10 and on", "exactly 10\nand on"],
  ["a line\n\n  indented words\n", "a line\n\n  indented\nwords\n"],
  ["unbelievably long", "unbelievab\nly long"],
  ["see unbelievably", "see\nunbelievab\nly"],
  ["中文字符没有空格也换行", "中文字符没\n有空格也换\n行"],
  ["mixed 中文字 text", "mixed 中文\n字 text"],
  ["narrower中at", "narrower中\nat"],
  ["👍🏽👍🏽👍🏽👍🏽👍🏽👍🏽", "👍🏽👍🏽👍🏽👍🏽👍🏽\n👍🏽"],
  ["tab\tby tab", "tab\tby\ntab"],
  ["tab\tstop", "tab\nstop"],
  ["a\r\nb", "a\nb"],
  ["trailing   \nspaces", "trailing  \nspaces"],
];

Deno.test("lines break between words, and beside wide characters", async () => {
  for (const [text, shown] of CASES) assertEquals(await wrapped([text], 11), shown, text);
});

Deno.test("where lines break does not depend on how the text comes", async () => {
  const words = [
    "a",
    "e\u0301",
    "abc",
    "中",
    " ",
    "  ",
    "\n",
    "longer-word",
    "👩‍👩‍👧",
    "👍🏽",
    "🇫🇷",
    "❤\ufe0f",
  ];
  const texts = fc.array(fc.constantFrom(...words));
  await fc.assert(
    fc.asyncProperty(texts, fc.integer({ min: 3, max: 20 }), async (parts, columns) => {
      const pieces = Array.from(parts.join(""));
      const text = await wrapped(pieces, columns);
      assertEquals(text, await wrapped([pieces.join("")], columns));
      const widest = Math.max(...text.split("\n").map(textWidth));
      assert(widest < Math.max(columns, 3), text);
      assertEquals(text.replace(/\s/g, ""), pieces.join("").replace(/\s/g, ""));
    }),
  );
});

Deno.test("each part of a word keeps its colour", async () => {
  const output = new RecordedOutput();
  const wrap = new WordWrap(output, () => 8);
  const mark = (text: string) => `[${text}]`;
  await wrap.write("one t");
  await wrap.write("wo thr", mark);
  await wrap.write("ee");
  await wrap.flush();
  assertEquals(output.text, "one t[wo]\n[thr]ee");
});

Deno.test("a terminal that changes its width is followed", async () => {
  let columns = 30;
  const output = new RecordedOutput();
  const wrap = new WordWrap(output, () => columns);
  await wrap.write("twenty characters in ");
  columns = 11;
  await wrap.write("a narrow window ");
  columns = 30;
  await wrap.write("and a wide one again ");
  await wrap.flush();
  assertEquals(
    output.text.split("\n").map((line) => line.trimEnd()),
    ["twenty characters in", "a narrow", "window and a wide one again"],
  );
});

Deno.test("what a terminal that became narrower has broken itself leaves room in its last line", async () => {
  let columns = 30;
  const output = new RecordedOutput();
  const wrap = new WordWrap(output, () => columns);
  await wrap.write("twenty-three characters ");
  columns = 11;
  await wrap.write("narrow");
  await wrap.flush();
  assertEquals(output.text, "twenty-three characters narrow");
});
