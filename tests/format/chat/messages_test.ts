/** Messages as other programs write them. */
import { assertEquals } from "@std/assert";
import { messagesFrom } from "../../../src/format/chat/messages.ts";
import { DataError } from "../../../src/format/errors.ts";
import { assertFails } from "../support.ts";

const text = (text: string) => ({ type: "text", text });

Deno.test("the texts of a message in parts are joined", () => {
  const messages = [{ role: "user", content: [text("Hi "), text("you")] }];
  assertEquals(messagesFrom(messages, "place"), [{ role: "user", content: "Hi you" }]);
});

Deno.test("tool calls and tool messages are read; a message that only calls has no text", () => {
  const calls = [{ id: "1", function: { name: "f", arguments: "{}" } }];
  const messages = [
    { role: "assistant", content: null, tool_calls: calls },
    { role: "tool", content: "2", tool_call_id: "1", name: "f" },
  ];
  assertEquals(messagesFrom(messages, "place"), [
    { role: "assistant", content: null, tool_calls: calls },
    { role: "tool", content: "2", tool_call_id: "1", name: "f" },
  ]);
});

Deno.test("what was thought is read by any of its names", () => {
  for (const key of ["reasoning_content", "thinking", "reasoning"]) {
    const message = { role: "assistant", content: "a", reasoning: null, [key]: "hm" };
    assertEquals(messagesFrom([message], "place"), [
      { role: "assistant", content: "a", reasoning_content: "hm" },
    ]);
  }
});

/** What is wrong with a message, and the parts of the error in order. */
const CASES: [string, object, string[]][] = [
  ["an image", { role: "user", content: [text("a"), { type: "image" }] }, [
    'place: message 1: "content": part 2: found "image"',
    "only texts",
  ]],
  ["no content", { role: "user" }, ['"content": found nothing', "expected a text"]],
  ["neither content nor calls", { role: "assistant", content: null, tool_calls: [] }, [
    '"content": found null',
    "expected a text",
  ]],
  ["thoughts in parts", { role: "assistant", content: "", thinking: [] }, [
    '"thinking": found []',
    "expected a text",
  ]],
  ["an unknown role", { role: "bot", content: "" }, ['"role": found "bot"', "tool"]],
  ["a call that is no list", { role: "assistant", content: "", tool_calls: "f" }, [
    '"tool_calls": found "f"',
    "a list",
  ]],
  ["a number as name", { role: "tool", content: "", name: 1 }, ['"name": found 1', "a text"]],
];

for (const [what, message, parts] of CASES) {
  Deno.test(`a message with ${what} is refused in one line`, async () => {
    // deno-lint-ignore require-await
    await assertFails(async () => messagesFrom([message], "place"), DataError, parts);
  });
}
