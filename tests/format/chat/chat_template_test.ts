/** Chat templates: which of a folder's is used, and what the demo model is given, letter by letter. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { ChatTemplate } from "../../../src/format/chat/chat_template.ts";
import { DataError, NoInputError } from "../../../src/format/errors.ts";
import { Tokenizer } from "../../../src/format/tokenizer/tokenizer.ts";
import { assertFails, DEMO_FOLDER, withFolder } from "../support.ts";
import { CONVERSATION, jinja, render } from "./rendering.ts";

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

Deno.test("a template from a file stands in place of the model's own", async () => {
  await withFolder({ ...jinja("own"), "other.txt": "other{{ eos_token }}\r\n" }, async (folder) => {
    const template = await ChatTemplate.open(folder, join(folder, "other.txt"));
    assertEquals(template!.render(CONVERSATION, { addGenerationPrompt: false }), "other");
    const missing = join(folder, "missing");
    await assertFails(() => ChatTemplate.open(folder, missing), NoInputError, [missing]);
  });
});
