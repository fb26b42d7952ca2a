import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { textOf, type TextSpan } from "../../../../src/engine/text/stream/assembler.ts";
import { ThinkingLabels } from "../../../../src/engine/text/stream/thinking_labels.ts";
import {
  openThinking,
  type ThinkingMarks,
  tokensOfMarks,
} from "../../../../src/format/chat/thinking.ts";

const THINK: ThinkingMarks = { open: "<think>", close: "</think>" };

/** How gpt-oss begins what it thinks, and its answer. */
const ANALYSIS = "<|channel|>analysis<|message|>";
const FINAL = "<|channel|>final<|message|>";

/** A text whose spans are given as pieces: what comes out, and what the labels say of it. */
function label(pieces: readonly string[], opened: ThinkingMarks | null = null) {
  const labels = new ThinkingLabels(opened);
  const spans = pieces.flatMap((text) => labels.push([{ text, offset: 1 }]));
  spans.push(...labels.finish());
  const { thinking, answer } = labels;
  return { spans, thinking, answer };
}

const textOfPart = (spans: readonly TextSpan[], part: TextSpan["part"]) =>
  textOf(spans.filter((span) => span.part === part));

/** Texts, whether the prompt has begun the thinking, and what was thought and answered. */
const CASES: [text: string, isOpened: boolean, thinking: string | null, answer: string][] = [
  ["<think>\nhm\n</think>\n\nYes.\n", false, "hm", "Yes.\n"],
  ["\n<think>hm</think> Yes.", false, "hm", "Yes."],
  ["<think>\n\n</think>\n\nYes.", false, "", "Yes."],
  ["[THINK]a <think> b[/THINK]Yes.", false, "a <think> b", "Yes."],
  ["hm\n</think>\n\nYes.", true, "hm", "Yes."],
  ["cut short </thi", true, "cut short </thi", ""],
  ["<think>cut", false, "cut", ""],
  ["<thin", false, null, "<thin"],
  [" ", false, null, " "],
  ["Say <think> and </think>.", false, null, "Say <think> and </think>."],
  ["<think>a</think>b<think>c</think>", false, "a", "b<think>c</think>"],
  [`${ANALYSIS}hm <|end|>${FINAL}Yes.`, false, `hm <|end|>${FINAL}Yes.`, ""],
  [`${ANALYSIS}hm<|end|><|start|>assistant${FINAL}Yes.`, false, "hm", "Yes."],
  [`${FINAL}Yes.`, false, "", "Yes."],
  ["<|channel|>fin", false, null, "<|channel|>fin"],
];

Deno.test("what was thought and what was answered are told apart, however the text comes", () => {
  fc.assert(
    fc.property(fc.constantFrom(...CASES), fc.array(fc.nat(30)), (one, cuts) => {
      const [text, isOpened, thinking, answer] = one;
      const places = [0, ...cuts.sort((a, b) => a - b), text.length];
      const pieces = places.map((place, i) => text.slice(place, places[i + 1])).slice(0, -1);
      const result = label(pieces, isOpened ? THINK : null);
      assertEquals([result.thinking, result.answer], [thinking, answer]);
      assertEquals(textOf(result.spans), text);
      assertEquals(textOfPart(result.spans, undefined), answer);
      assertEquals(textOfPart(result.spans, "thinking").trim(), thinking ?? "");
    }),
  );
});

Deno.test("nothing is held back longer than it takes to know what it is", () => {
  const labels = new ThinkingLabels(null);
  const push = (text: string) => textOf(labels.push([{ text, offset: 0 }]));
  assertEquals(["<", "think>", "a", "</", "b", "</think>", "\n", "c", "<"].map(push), [
    "",
    "<think>",
    "a",
    "",
    "</b",
    "</think>",
    "\n",
    "c",
    "<",
  ]);
});

Deno.test("a prompt has begun the thinking where an opening mark ends it", () => {
  assertEquals(openThinking("user:a\nassistant:<think>\n"), THINK);
  assertEquals(openThinking("assistant:[THINK]")?.close, "[/THINK]");
  assertEquals(openThinking("assistant:<think>\n\n</think>\n\n"), null);
});

Deno.test("channels of gpt-oss are told apart where a vocabulary has all of its marks", () => {
  const others = ["<think>", "</think>", "[THINK]", "[/THINK]"];
  assertEquals(tokensOfMarks(["<|end|>", "<|channel|>", "<|message|>"]), [
    ...others,
    "<|channel|>",
    "<|message|>",
  ]);
  assertEquals(tokensOfMarks(["<|end|>", "<|start|>"]), others);
  const all = new Set(tokensOfMarks(["<|start|>", "<|end|>", "<|message|>", "<|channel|>"]));
  assertEquals(all, new Set([...others, "<|channel|>", "<|message|>", "<|end|>", "<|start|>"]));
});
