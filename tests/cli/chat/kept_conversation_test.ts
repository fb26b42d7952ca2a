import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import { chatWith } from "../../../src/cli/chat/chat.ts";
import { CHAT_FLAGS } from "../../../src/cli/chat/flags.ts";
import { KeptConversation } from "../../../src/cli/chat/kept_conversation.ts";
import { OutputClosedError } from "../../../src/cli/errors.ts";
import { parseFlags } from "../../../src/cli/flags/flags.ts";
import type { ChatMessage } from "../../../src/format/chat/messages.ts";
import { DataError } from "../../../src/format/errors.ts";
import { fakeModel, type FakeOptions } from "../../engine/fake_model.ts";
import { RecordedOutput } from "../terminal/recorded_output.ts";
import { scriptedMessages } from "./scripted_messages.ts";

/** Talks once, with the conversation kept at a path. */
async function chat(
  path: string,
  messages: string[],
  args: string[] = [],
  { room = Infinity, ...fake }: Partial<FakeOptions> & { room?: number } = {},
) {
  const model = fakeModel({ answer: () => "well", ...fake });
  const output = new RecordedOutput(room);
  const flags = parseFlags("chat", CHAT_FLAGS, args);
  const kept = new KeptConversation(path);
  await chatWith(model, flags, scriptedMessages(messages), output, kept);
  return { prompts: model.decoder.prompts, said: output.lines.join("\n") };
}

/** A path in a folder that is not there yet. */
async function newPath(): Promise<string> {
  return join(await Deno.makeTempDir(), "conversations", "talk.json");
}

Deno.test("--continue goes on where the last chat was left, and without it a new one begins", async () => {
  const path = await newPath();
  assertStringIncludes((await chat(path, [], ["--continue"])).said, "no conversation to go on");
  await chat(path, ["one"], ["--system", "s"]);
  const { prompts, said } = await chat(path, ["two"], ["--continue"]);
  assertStringIncludes(said, "going on after 3 messages");
  assertEquals(prompts, ["system:s\nuser:one\nassistant:well\nuser:two\nassistant:"]);
  const again = await chat(path, ["three"], ["-c", "--system", "new"]);
  assertEquals(
    again.prompts[0].split("\n").slice(0, 4).join(),
    [
      "system:new",
      "user:one",
      "assistant:well",
      "user:two",
    ].join(),
  );
  // A chat in which nothing is said leaves the one before.
  await chat(path, ["/stats"]);
  await chat(path, ["fresh"]);
  assertEquals((await chat(path, ["x"], ["-c"])).prompts[0].includes("user:two"), false);
});

Deno.test("a kept conversation is whole after each message, and for the user's eyes alone", async () => {
  const path = await newPath();
  await chat(path, ["one", "two"]);
  const { messages } = JSON.parse(await Deno.readTextFile(path));
  assertEquals(messages.length, 4);
  assertEquals([...Deno.readDirSync(dirname(path))].length, 1);
  if (Deno.build.os !== "windows") assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
});

Deno.test("a chat whose reader goes away in the middle of an answer is kept", async () => {
  const path = await newPath();
  await assertRejects(() => chat(path, ["one", "two"], [], { room: 7 }), OutputClosedError);
  const { messages } = JSON.parse(await Deno.readTextFile(path));
  assertEquals(messages.slice(2).map(({ content }: ChatMessage) => content), ["two", "wel"]);
});

Deno.test("a message is kept whose answer a fault ended before it began", async () => {
  const path = await newPath();
  const faults: [string, (prompt: string) => string, number?][] = [
    ["while it was thought about", () => "<think>long, and longer</think>well", 12],
    ["before anything came", () => {
      throw new Error("the device is lost");
    }],
  ];
  for (const [name, answer, room = Infinity] of faults) {
    await chat(path, ["one"]);
    await assertRejects(() => chat(path, ["two"], ["-c"], { answer, room }), Error, "", name);
    const { prompts, said } = await chat(path, ["three"], ["-c"]);
    assertStringIncludes(said, "going on after 3 messages\nthe message stays: /retry answers it");
    assertEquals(prompts, ["user:one\nassistant:well\nuser:two\n\nthree\nassistant:"], name);
  }
});

Deno.test("a message that waits for its answer is kept", async () => {
  const path = await newPath();
  const messages = [{ role: "user", content: "one" }];
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, JSON.stringify({ messages }));
  const { said } = await chat(path, ["/stats"], ["--continue"]);
  assertStringIncludes(said, "going on after 1 message\nthe message stays: /retry answers it");
  assertEquals(JSON.parse(await Deno.readTextFile(path)).messages, messages);
});

Deno.test("what /reset forgets is not kept", async () => {
  const path = await newPath();
  await chat(path, ["secret", "/reset"]);
  await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
});

Deno.test("a kept file that is none is told, and a place that cannot be written is told once", async () => {
  const path = await newPath();
  await chat(path, ["one"]);
  await Deno.writeTextFile(path, "{");
  const { message } = await assertRejects(() => chat(path, ["two"], ["-c"]), DataError, path);
  assertStringIncludes(message, "begin anew without --continue");
  const blocked = join(path, "below", "talk.json");
  const { said } = await chat(blocked, ["one", "two"]);
  assertEquals(said.match(/the conversation is not kept/g)?.length, 1);
});

Deno.test("each model has a conversation of its own; the name of the hub outweighs the folder", async () => {
  const paths = [
    { name: "m", path: "/a/m" },
    { name: "m", path: "/b/m" },
    { name: "org/m", path: "/hub/1" },
    { name: "org/m", path: "/hub/2" },
  ];
  const places = await Promise.all(paths.map(async (model) => {
    const kept = await KeptConversation.of(model);
    return kept?.path;
  }));
  assertEquals(new Set(places).size, 3);
  assertEquals(places[2], places[3]);
});
