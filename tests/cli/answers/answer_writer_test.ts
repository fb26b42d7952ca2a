import { assertEquals } from "@std/assert";
import { AnswerWriter } from "../../../src/cli/answers/answer_writer.ts";
import type { TextSpan } from "../../../src/engine/text/stream/assembler.ts";
import { RecordedOutput } from "../terminal/recorded_output.ts";

const OPENED = { open: "<think>", close: "</think>" };
const THOUGHT: TextSpan[] = [
  { text: "hm", offset: 0, part: "thinking" },
  { text: "</think>\n", offset: 0, part: "mark" },
  { text: "yes", offset: 0 },
];

/** What is written of an answer whose prompt has begun to think. */
async function written(spans: readonly TextSpan[], isTerminal: boolean, hasColor = false) {
  const output = new RecordedOutput(Infinity, hasColor, isTerminal);
  const writer = new AnswerWriter(output, { showsDrafts: false, opened: OPENED });
  for (const span of spans) await writer.write([span]);
  await writer.end();
  assertEquals(output.settled, output.text, "what is said next comes before the end of the answer");
  return output.text;
}

Deno.test("a person sees where thinking begins and ends, dim where there are colours", async () => {
  assertEquals(await written(THOUGHT, true), "<think>\nhm</think>\nyes\n");
  assertEquals(
    (await written(THOUGHT, true, true)).replaceAll("\x1b[22m\x1b[2m", ""),
    "\x1b[2m<think>\x1b[22m\n\x1b[2mhm</think>\x1b[22m\nyes\n",
  );
});

Deno.test("another program gets the text as the model wrote it, a line for each answer", async () => {
  assertEquals(await written(THOUGHT, false), "hm</think>\nyes\n");
  assertEquals(await written([], false), "\n");
  assertEquals(await written([], true), "");
});
