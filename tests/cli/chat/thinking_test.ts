/** Thoughts before answers. */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { UsageError } from "../../../src/cli/errors.ts";
import type { TextTemplate } from "../../../src/engine/text/generate_text.ts";
import { chat } from "./scripted_chat.ts";

const THOUGHTFUL: TextTemplate = {
  switchesThinking: true,
  requireValid() {},
  render(messages, { think }) {
    const lines = messages.map(({ role, content, reasoning_content: thought = "" }) =>
      `${role}:${thought && `(${thought})`}${content}\n`
    );
    return `${lines.join("")}assistant${think === undefined ? "" : `:${think}`}:`;
  },
};

Deno.test("what was thought is kept apart from the answer, in the conversation and on disk", async () => {
  const path = await Deno.makeTempFile();
  const { prompts, output } = await chat(["a", "b", `/save ${path}`, "y"], {
    template: THOUGHTFUL,
    answer: () => "<think>\nhm\n</think>\n\nyes",
    isInteractive: false,
  });
  assertEquals(prompts[1], "user:a\nassistant:(hm)yes\nuser:b\nassistant:");
  assertEquals(output.text, "<think>\nhm\n</think>\n\nyes\n".repeat(2));
  const { messages } = JSON.parse(await Deno.readTextFile(path));
  assertEquals(messages[1], { role: "assistant", content: "yes", reasoning_content: "hm" });
  const { prompts: later } = await chat([`/load ${path}`, "c"], { template: THOUGHTFUL });
  assertStringIncludes(later[0], "user:b\nassistant:(hm)yes\nuser:c\n");
});

Deno.test("--think, --no-think and /think tell the template, or say that it cannot be told", async () => {
  const messages = ["a", "/think off", "b", "/think default", "c", "/think of"];
  const { prompts, said } = await chat(messages, { template: THOUGHTFUL, flags: ["--think"] });
  const ends = prompts.map((prompt) => prompt.slice(prompt.lastIndexOf("assistant")));
  assertEquals(ends, ["assistant:true:", "assistant:false:", "assistant:"]);
  assertStringIncludes(said, "thinking: off");
  assertStringIncludes(said, '/think needs on, off or default, not "of"');
  const flags = ["--no-think"];
  assertStringIncludes((await chat([], { flags })).said, "--no-think has no effect: the chat");
  await assertRejects(
    () => chat([], { flags: ["--no-think", "--think"] }),
    UsageError,
    "cannot be given together",
  );
});

Deno.test("a message whose answer was thought about and never came stays in the conversation", async () => {
  const path = await Deno.makeTempFile();
  const { prompts } = await chat(["a", "b", `/save ${path}`, "y"], {
    template: THOUGHTFUL,
    answer: () => "<think>hm",
  });
  assertEquals(prompts[1], "user:a\nassistant:(hm)\nuser:b\nassistant:");
  const { prompts: later } = await chat([`/load ${path}`, "c"], { template: THOUGHTFUL });
  assertStringIncludes(later[0], "user:b\nassistant:(hm)\nuser:c\n");
});
