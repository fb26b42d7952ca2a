import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { chatWith } from "../../src/cli/chat/chat.ts";
import { CHAT_FLAGS } from "../../src/cli/chat/flags.ts";
import { parseFlags } from "../../src/cli/flags/flags.ts";
import { GENERATE_FLAGS } from "../../src/cli/generate/flags.ts";
import { generateAll } from "../../src/cli/generate/generate.ts";
import { fakeModel, type FakeOptions } from "../engine/fake_model.ts";
import { scriptedMessages } from "./chat/scripted_messages.ts";
import { RecordedOutput } from "./terminal/recorded_output.ts";

const FAKE: FakeOptions = { answer: () => " and so on.", batchSize: 99 };

async function generate(
  text: string,
  file: string,
  { isQuiet = false, ...options }: Partial<FakeOptions> & { isQuiet?: boolean } = {},
) {
  const output = new RecordedOutput();
  const args = ["--prompt-cache", file, ...isQuiet ? ["--quiet"] : []];
  const flags = parseFlags("generate", GENERATE_FLAGS, args);
  const model = fakeModel({ ...FAKE, ...options });
  const exitCode = await generateAll(model, [{ prompt: { text } }], flags, output);
  return { exitCode, said: output.lines.join("\n"), text: output.text };
}

async function chat(messages: string[], flags: string[] = [], options: Partial<FakeOptions> = {}) {
  const output = new RecordedOutput();
  const model = fakeModel({ ...FAKE, ...options });
  const source = scriptedMessages(messages);
  await chatWith(model, parseFlags("chat", CHAT_FLAGS, flags), source, output);
  return output.lines.join("\n");
}

Deno.test("generate --prompt-cache computes what texts have in common once", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "text.cache");
  const first = await generate("Once upon a time", file);
  assertStringIncludes(first.said, "prompt 16 tokens, ");
  assertStringIncludes(first.said, `${file} keeps the keys and values of 27 tokens, `);
  const second = await generate("Once upon a hill", file);
  assertStringIncludes(second.said, `${file} holds the keys and values of 27 tokens`);
  assertStringIncludes(second.said, "prompt 16 tokens (12 reused)");
  assertEquals([second.exitCode, second.text], [0, first.text]);
  assertStringIncludes((await generate("Once upon a hill", file)).said, "(15 reused)");
});

Deno.test("--quiet says nothing of what a prompt cache holds, and why it is not used", async () => {
  const file = join(await Deno.makeTempDir(), "text.cache");
  const isQuiet = true;
  assertEquals((await generate("Once upon a time", file, { isQuiet })).said, "");
  assertEquals((await generate("Once upon a hill", file, { isQuiet })).said, "");
  const { said } = await generate("Once", file, { isQuiet, identity: "other" });
  assertStringIncludes(said, `not used: ${file}: `);
});

Deno.test("a prompt cache of another model is named, not used, and written anew", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "text.cache");
  await generate("Once upon a time", file);
  const { said, exitCode } = await generate("Once upon a time", file, { identity: "other" });
  assertEquals(exitCode, 0);
  assertStringIncludes(said, `not used: ${file}: found keys and values of fake on a test, f16`);
  assertStringIncludes(said, "prompt 16 tokens, ");
  const again = await generate("Once upon a time", file, { identity: "other" });
  assertStringIncludes(again.said, "(15 reused)");
});

Deno.test("a damaged prompt cache is named, not used, and written anew", async () => {
  const file = join(await Deno.makeTempDir(), "text.cache");
  await generate("Once upon a time", file);
  const whole = await Deno.readFile(file);
  const damages: [Uint8Array, string][] = [
    [whole.with(-1, whole.at(-1)! ^ 1), "ids: found SHA-256 "],
    [whole.subarray(0, 200), "header length: found "],
    [whole.subarray(0, -1), 'tensor "digests", data_offsets: found '],
  ];
  for (const [bytes, complaint] of damages) {
    await Deno.writeFile(file, bytes);
    const { said, exitCode } = await generate("Once upon a time", file);
    assertEquals(exitCode, 0);
    assertStringIncludes(said, `not used: ${file}: ${complaint}`);
    assertStringIncludes(said, "the file was damaged: its text is computed again");
    assertStringIncludes((await generate("Once upon a time", file)).said, "(15 reused)");
  }
});

Deno.test("a file that is no prompt cache costs no answer, and stays as it is", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "notes.txt");
  await Deno.writeTextFile(file, "my notes");
  const { said, exitCode, text } = await generate("Once", file);
  assertEquals([exitCode, text], [0, " and so on.\n"]);
  assertStringIncludes(said, `not used: ${file}: `);
  assertStringIncludes(said, `nothing was kept: ${file}: found a file of another kind`);
  assertEquals(await Deno.readTextFile(file), "my notes");
  const elsewhere = join(folder, "none", "text.cache");
  const { said: failed } = await generate("Once", elsewhere);
  assertStringIncludes(failed, `nothing was kept: ${elsewhere}: No such file or directory`);
});

Deno.test("chat --prompt-cache goes on where the chat before ended", async () => {
  const folder = await Deno.makeTempDir();
  const flags = ["--prompt-cache", join(folder, "talk.cache")];
  assertStringIncludes(await chat(["hello"], flags), "prompt 21 tokens, ");
  assertStringIncludes(await chat(["hello"], flags), "prompt 21 tokens (20 reused)");
});

Deno.test("/save keeps keys and values beside the conversation, and /load uses them", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "talk.json");
  const saved = await chat(["hello", `/save ${file}`]);
  assertStringIncludes(saved, `saved 2 messages to ${file}`);
  assertStringIncludes(saved, `${file}.cache keeps the keys and values of 32 tokens`);
  // Conversations are private, and so is what is kept of them.
  for (const path of [file, `${file}.cache`]) {
    const { mode } = await Deno.stat(path);
    if (mode !== null) assertEquals(mode & 0o777, 0o600, path);
  }
  const loaded = await chat([`/load ${file}`, "and then?"]);
  assertStringIncludes(loaded, `${file}.cache holds the keys and values of 32 tokens`);
  assertStringIncludes(loaded, "(32 reused)");
  // Without them, or with those of another model, the conversation is there all the same.
  const foreign = await chat([`/load ${file}`, "and then?"], [], { identity: "other" });
  assertStringIncludes(foreign, `loaded 2 messages from ${file}`);
  assertStringIncludes(foreign, "not used: ");
  await Deno.remove(`${file}.cache`);
  const without = await chat([`/load ${file}`, "and then?"]);
  assertStringIncludes(without, `loaded 2 messages from ${file}`);
});
