/** What of messages reaches a chat template: tools, thoughts, and answers to go on with. */
import { assertEquals } from "@std/assert";
import { ChatTemplate } from "../../../src/format/chat/chat_template.ts";
import { type ChatMessage, messagesFrom } from "../../../src/format/chat/messages.ts";
import { DataError } from "../../../src/format/errors.ts";
import { parseMessagesJson } from "../../../src/format/json.ts";
import { assertFails, withFolder } from "../support.ts";
import { CONVERSATION, jinja, render } from "./rendering.ts";

Deno.test("an assistant's message that comes last is continued", async () => {
  const source = "{% for m in messages %}<{{ m.role }}>{{ m.content CHANGE }}<end>{% endfor %}" +
    "{% if add_generation_prompt %}<assistant>{% endif %}";
  const last: ChatMessage[] = [{ role: "user", content: "Hi" }, {
    role: "assistant",
    content: " Once upon ",
  }];
  const options = { addGenerationPrompt: true, continuesLast: true };
  for (
    const [change, expected] of [
      ["", "<user>Hi<end><assistant> Once upon "],
      ["| trim", "<user>Hi<end><assistant>Once upon"],
    ]
  ) {
    await withFolder(jinja(source.replace("CHANGE", change)), async (folder) => {
      const template = await ChatTemplate.open(folder);
      assertEquals(template!.render(last, options), expected);
    });
  }
  await withFolder(jinja("nothing"), async (folder) => {
    const template = await ChatTemplate.open(folder);
    // deno-lint-ignore require-await
    const render = async () => template!.render(last, options);
    await assertFails(render, DataError, ["leaves out the message"]);
  });
});

Deno.test("tools, their calls and thoughts reach the template", async () => {
  const source = "{{ tools is none }}{% for m in messages %}{{ m.role }}:{{ m.name }}:" +
    "{{ m.tool_calls | tojson if m.tool_calls else m.content }};{% endfor %}";
  const text = await render(jinja(source), [
    {
      role: "assistant",
      content: "",
      tool_calls: [{ function: { name: "f", arguments: { a: 1 } } }],
    },
    { role: "tool", content: "2", name: "f" },
  ]);
  assertEquals(
    text,
    'Trueassistant::[{"function": {"name": "f", "arguments": {"a": 1}}}];tool:f:2;',
  );
});

Deno.test("numbers in calls of tools reach the template as they are written", async () => {
  const line = '{"messages": [{"role": "assistant", "content": "", "tool_calls": [{"name": "f", ' +
    '"arguments": {"a": 2.0, "b": 12345678901234567890, "c": 1e2, "d": -0, "e": 0.5, "f": 7}}]}]}';
  const { messages } = parseMessagesJson(line, "x.jsonl") as { messages: unknown };
  const source = "{{ messages[0].tool_calls[0].arguments }}{{ messages | tojson }}";
  const given = messagesFrom(messages, "x.jsonl");
  const numbers = "2.0, 12345678901234567890, 100.0, 0, 0.5, 7".split(", ");
  const args = (quote: string) =>
    `{${numbers.map((text, at) => `${quote}${"abcdef"[at]}${quote}: ${text}`).join(", ")}}`;
  const calls = `[{"name": "f", "arguments": ${args('"')}}]`;
  assertEquals(
    await render(jinja(source), given),
    `${args("'")}[{"role": "assistant", "content": "", "tool_calls": ${calls}}]`,
  );
  assertEquals(
    JSON.stringify(given[0].tool_calls),
    calls.replaceAll(" ", "").replace("100.0", "1e2"),
  );
});

Deno.test("a template hears whether the model is to think, and nothing where that is left to it", async () => {
  const told = "{{ enable_thinking is defined }} {{ enable_thinking }} {{ thinking }}";
  await withFolder(jinja(told), async (folder) => {
    const template = await ChatTemplate.open(folder) as ChatTemplate;
    const render = (think?: boolean) =>
      template.render(CONVERSATION, { addGenerationPrompt: true, think });
    assertEquals([render(true), render(false)], ["True True True", "True False False"]);
    assertEquals(render(), "False  ");
    assertEquals(template.switchesThinking, true);
  });
  await withFolder(jinja("{{ messages }}"), async (folder) => {
    assertEquals((await ChatTemplate.open(folder))!.switchesThinking, false);
  });
});

Deno.test("a message that only calls tools has no text for a template that knows such, else an empty one", async () => {
  const tool_calls = [{ type: "function", function: { name: "add", arguments: {} } }];
  const call = { role: "assistant" as const, content: null, tool_calls };
  const knowing = "{{ messages[0].content is defined }}{{ 'content' in messages[0] }}";
  assertEquals(await render(jinja(knowing), [call]), "FalseFalse");
  const needing = "{{ messages[0].content + messages[0].tool_calls[0].function.name }}";
  assertEquals(await render(jinja(needing), [call]), "add");
  // An empty text that costs the call is none.
  const losing = "{{ messages[0].content + 'x' }}";
  await assertFails(() => render(jinja(losing), [call]), DataError, ["chat template"]);
});

Deno.test("what was thought has the name that each template reads", async () => {
  const thought = { role: "assistant" as const, content: "a", reasoning_content: "hm" };
  const source = "{{ messages[0].reasoning_content }} {{ messages[0].thinking }}";
  assertEquals(await render(jinja(source), [thought]), "hm hm");
});
