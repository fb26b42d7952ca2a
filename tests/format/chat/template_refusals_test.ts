/** What bad chat templates may do, and how they are refused. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { ChatTemplate, LongConversationError } from "../../../src/format/chat/chat_template.ts";
import type { ChatMessage } from "../../../src/format/chat/messages.ts";
import { DataError, NoInputError } from "../../../src/format/errors.ts";
import { assertFails, DEMO_FOLDER, withFolder } from "../support.ts";
import { CONVERSATION, jinja, render } from "./rendering.ts";

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
