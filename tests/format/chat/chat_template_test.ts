/** Chat templates: what the demo model is given, letter by letter, and what bad templates may do. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { ChatTemplate, LongConversationError } from "../../../src/format/chat/chat_template.ts";
import { type ChatMessage, messagesFrom } from "../../../src/format/chat/messages.ts";
import { DataError, NoInputError } from "../../../src/format/errors.ts";
import { parseMessagesJson } from "../../../src/format/json.ts";
import { Tokenizer } from "../../../src/format/tokenizer/tokenizer.ts";
import { assertFails, type Contents, DEMO_FOLDER, withFolder } from "../support.ts";

const CONVERSATION: ChatMessage[] = [
  { role: "system", content: "Be brief." },
  { role: "user", content: 'Is <b>this</b> "fine"?\n{{ no code }}' },
  { role: "assistant", content: "Yes." },
];

/** What a template makes of the messages. */
async function render(
  files: Record<string, Contents>,
  messages: ChatMessage[] = CONVERSATION,
  limits?: { size: number; total: number; time: number },
): Promise<string> {
  let text = "";
  await withFolder(files, async (folder) => {
    const template = await ChatTemplate.open(folder);
    text = template!.render(messages, { addGenerationPrompt: false, limits });
  });
  return text;
}

const jinja = (source: string): Record<string, Contents> => ({ "chat_template.jinja": source });

Deno.test("the demo model's conversation, letter by letter", async () => {
  const template = await ChatTemplate.open(DEMO_FOLDER);
  assert(template !== null);
  const text = "<|system|>\nBe brief.<|end|>\n" +
    '<|user|>\nIs <b>this</b> "fine"?\n{{ no code }}<|end|>\n' +
    "<|assistant|>\nYes.<|end|>\n";
  assertEquals(template.render(CONVERSATION, { addGenerationPrompt: false }), text);
  const asked = template.render(CONVERSATION, { addGenerationPrompt: true });
  assertEquals(asked, text + "<|assistant|>\n");
  assertEquals(template.render([], { addGenerationPrompt: true }), "<|assistant|>\n");
});

Deno.test("a template that makes nothing of a conversation is named where an answer is to follow", async () => {
  for (const source of ["", "{% if tools %}{{ tools }}{% endif %}"]) {
    await withFolder(jinja(source), async (folder) => {
      const template = await ChatTemplate.open(folder);
      assertEquals(template!.render(CONVERSATION, { addGenerationPrompt: false }), "");
      await assertFails(
        async () => await template!.render(CONVERSATION, { addGenerationPrompt: true }),
        DataError,
        [
          join(folder, "chat_template.jinja"),
          "found nothing made of the conversation",
          "--chat-template",
        ],
      );
    });
  }
});

Deno.test("the demo model's marks become single tokens", async () => {
  const template = await ChatTemplate.open(DEMO_FOLDER);
  const tokenizer = await Tokenizer.open(DEMO_FOLDER);
  const text = template!.render([CONVERSATION[0]], { addGenerationPrompt: true });
  const ids = tokenizer.encode(text, { addSpecialTokens: false });
  assertEquals(ids.filter((id) => tokenizer.specialIds.has(id)), [1, 4, 3]);
});

Deno.test("a model without a template has none", async () => {
  await withFolder({ "tokenizer_config.json": { eos_token: "x" } }, async (folder) => {
    assertEquals(await ChatTemplate.open(folder), null);
    await Deno.remove(join(folder, "tokenizer_config.json"));
    assertEquals(await ChatTemplate.open(folder), null);
  });
});

Deno.test("chat_template.jinja wins over tokenizer_config.json, whose tokens it can use", async () => {
  const files = {
    ...jinja("{{ bos_token }}{{ messages[0].content }}{{ eos_token }}{{ unknown }}"),
    "tokenizer_config.json": {
      bos_token: "<s>",
      eos_token: { content: "</s>" },
      chat_template: "not this",
    },
  };
  assertEquals(await render(files), "<s>Be brief.</s>");
});

Deno.test("of several templates the one named default is used, or the one that is asked for", async () => {
  const tools = { name: "tools", template: "tools" };
  const chat_template = [tools, { name: "default", template: "yes" }];
  const files = { "tokenizer_config.json": { chat_template } };
  assertEquals(await render(files), "yes");
  await withFolder(files, async (folder) => {
    await Deno.mkdir(join(folder, "additional_chat_templates"));
    await Deno.writeTextFile(join(folder, "additional_chat_templates", "rag.jinja"), "rag");
    const named = async (name: string) =>
      (await ChatTemplate.open(folder, name))!.render(CONVERSATION, { addGenerationPrompt: false });
    assertEquals([await named("tools"), await named("rag")], ["tools", "rag"]);
    const complaint = ["rga: no such file", "name of one of the model's: tools, default, rag"];
    await assertFails(() => named("rga"), NoInputError, complaint);
  });
  await withFolder({ "tokenizer_config.json": { chat_template: [tools] } }, async (folder) => {
    const complaint = ["chat template", "templates named tools", 'one named "default"'];
    const template = await ChatTemplate.open(folder);
    // deno-lint-ignore require-await
    await assertFails(async () => template!.requireValid(), DataError, complaint);
    (await ChatTemplate.open(folder, "tools"))!.requireValid();
  });
});

Deno.test("the control structures that templates use work, and blocks leave no lines", async () => {
  const source = `{%- set ns = namespace(count=0) -%}
{% for message in messages if message.role != "system" %}
    {%- set ns.count = ns.count + 1 %}
{{ loop.index0 }}{{ message['role'] | upper }}{{ ',' if not loop.last else '' }}
{%- endfor %}
{{ ns.count }}{{ range(3) | join('-') }}{{ [1, 2] + [3] }}{{ 'y' if True and none is none }}
{%- if messages | length > 2 %} many{% else %} few{% endif %}
`;
  const text = await render(jinja(source));
  assertEquals(text, "0USER,1ASSISTANT20-1-2[1, 2, 3]y many");
});

Deno.test("a template can tell the date", async () => {
  const year = await render(jinja("{{ strftime_now('%Y') }}|{{ strftime_now('%d %b %%') }}"));
  assert(/^20\d\d\|\d\d [A-Z][a-z]{2} %$/.test(year), year);
});

Deno.test("messages that no template could write are not called the template's fault", async () => {
  const limits = { size: 8, total: Infinity, time: 1000 };
  const messages: ChatMessage[] = [
    { role: "user", content: "123456" },
    { role: "assistant", content: "789" },
  ];
  await assertFails(() => render(jinja("short"), messages, limits), LongConversationError, [
    "the messages have 9 characters, but a chat template writes at most 8; shorten them",
  ]);
});

Deno.test("a template that needs too much for a conversation is told from one that fails", async () => {
  const written = jinja("{% for m in messages %}{{ m.content ~ m.content }}{% endfor %}");
  const messages: ChatMessage[] = [{ role: "user", content: "12345" }];
  const limits = { size: 8, total: Infinity, time: 1000 };
  const problem = "it makes a value larger than 8 characters";
  await assertFails(() => render(written, messages, limits), LongConversationError, [problem]);
  const slow = { ...limits, size: 1000, time: 0 };
  await assertFails(() => render(written, messages, slow), LongConversationError, [
    "it takes more",
  ]);
  const failing = await assertRejects(() => render(jinja("{{ raise_exception('no') }}"), messages));
  assert(!(failing instanceof LongConversationError));
});

Deno.test("a long conversation stays within the limits", async () => {
  const messages = Array.from({ length: 2000 }, (_, turn): ChatMessage => ({
    role: turn % 2 === 0 ? "user" : "assistant",
    content: "word ".repeat(50),
  }));
  const template = await ChatTemplate.open(DEMO_FOLDER);
  const text = template!.render(messages, { addGenerationPrompt: true });
  assertEquals(text.split("<|end|>").length, 2001);
});

/** Templates that fail or do harm, and the parts of the message in order after the file. */
const CASES: [string, string, string[]][] = [
  ["an open bracket", "{{ messages", ["found a failure", "expected a template"]],
  ["an open block", "{% for m in messages %}", ["found a failure", "expected a template"]],
  ["an unknown filter", "{{ 'a' | nonsense }}", ["nonsense", "expected a template"]],
  ["an exception", "{{ raise_exception('no\n\u001b[2Jsystem') }}", [
    "it says: no\\u000a\\u001b[2Jsystem",
    "renders this conversation",
  ]],
  ["a hundred thousand brackets", "{{ " + "(".repeat(1e5), ["found a failure"]],
  ["a macro that calls itself", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", ["found a"]],
  ["a range of a billion", "{% for i in range(1000000000) %}{% endfor %}", ["range() makes 1000"]],
  ["a range without end", "{{ range(0, 1, 0) }}", ["range() makes Infinity"]],
  [
    "text that doubles a hundred times",
    "{% set n = namespace(s='ab') %}{% for i in range(100) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
    ["larger than 4194304"],
  ],
  [
    "a list that holds itself twice, sixty times over, written out",
    "{% set n = namespace(s=[1]) %}{% for i in range(60) %}{% set n.s = [n.s, n.s] %}{% endfor %}" +
    "{{ n.s | tojson }}",
    ["larger than 4194304"],
  ],
  [
    "a namespace in itself",
    "{% set n = namespace() %}{% set n.n = n %}{{ n | tojson }}",
    ["puts a namespace into a value"],
  ],
  [
    "a namespace that grows inside a list",
    "{% set n = namespace(s=1) %}{% set l = [n, n] %}{{ l | tojson }}",
    ["puts a namespace into a value"],
  ],
  [
    "a large value, made over and over",
    "{% set s = 'x' | indent(4000000, true) %}{% for i in range(60000) %}" +
    "{% set t = s | upper %}{% endfor %}",
    ["too many large values"],
  ],
  ["an indent of a terabyte", "{{ 'x' | indent(1000000000000, true) }}", ["found a failure"]],
];

for (const [what, source, parts] of CASES) {
  Deno.test(`a chat template with ${what} is refused in one line`, async () => {
    await withFolder(jinja(source), async (folder) => {
      const all = [join(folder, "chat_template.jinja"), "chat template", ...parts];
      await assertFails(
        async () => {
          const template = await ChatTemplate.open(folder);
          template!.render(CONVERSATION, { addGenerationPrompt: true });
        },
        DataError,
        all,
      );
    });
  });
}

Deno.test("a template that does not come to an end is stopped", async () => {
  const source = "{% for i in range(60000) %}{% for j in range(60000) %}{% endfor %}{% endfor %}";
  const limits = { size: 4e6, total: Infinity, time: 100 };
  await assertFails(() => render(jinja(source), CONVERSATION, limits), DataError, [
    "chat_template.jinja",
    "more than 0.1 s",
  ]);
});

Deno.test("a template sees no property that every object has", async () => {
  const source = "{{ messages.constructor }}{{ messages[0].__proto__ }}{{ bos_token.constructor }}";
  const files = { ...jinja(source), "tokenizer_config.json": { bos_token: "<s>" } };
  assertEquals(await render(files), "");
});

Deno.test("templates that are too large are not parsed", async () => {
  const large = "x".repeat(2 ** 20 + 1);
  await withFolder(jinja(large), async (folder) => {
    const parts = [join(folder, "chat_template.jinja"), "1048577 bytes", "at most 1048576"];
    await assertFails(() => ChatTemplate.open(folder), DataError, parts);
  });
  await withFolder({ "tokenizer_config.json": { chat_template: large } }, async (folder) => {
    const parts = [join(folder, "tokenizer_config.json"), '"chat_template"', "1048577 characters"];
    await assertFails(() => ChatTemplate.open(folder), DataError, parts);
  });
});

Deno.test("a folder that is not there gives a NoInputError", async () => {
  await withFolder({ file: "" }, async (folder) => {
    for (const name of ["missing", "file"]) {
      const path = join(folder, name);
      await assertFails(() => ChatTemplate.open(path), NoInputError, [path, "expected a folder"]);
    }
  });
});

Deno.test("a template that is none fails when it is used, not when the folder is opened", async () => {
  await withFolder(jinja("{% if %}"), async (folder) => {
    const template = await ChatTemplate.open(folder);
    // deno-lint-ignore require-await
    const require = async () => template!.requireValid();
    await assertFails(require, DataError, ["chat_template.jinja", "found a failure"]);
  });
});

Deno.test("a template from a file stands in place of the model's own", async () => {
  await withFolder({ ...jinja("own"), "other.txt": "other{{ eos_token }}\r\n" }, async (folder) => {
    const template = await ChatTemplate.open(folder, join(folder, "other.txt"));
    assertEquals(template!.render(CONVERSATION, { addGenerationPrompt: false }), "other");
    const missing = join(folder, "missing");
    await assertFails(() => ChatTemplate.open(folder, missing), NoInputError, [missing]);
  });
});

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
