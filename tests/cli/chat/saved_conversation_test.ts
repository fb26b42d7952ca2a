/** What /save writes and /load reads. */

import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import { OutputFailedError } from "../../../src/engine/errors.ts";
import { chat } from "./scripted_chat.ts";

Deno.test("/save and /load carry a conversation over, and leave nothing half written", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "talk.json");
  await chat(["one", `/save ${path}`], { flags: ["--system", "s"] });
  assertEquals(JSON.parse(await Deno.readTextFile(path)), {
    messages: [
      { role: "system", content: "s" },
      { role: "user", content: "one" },
      { role: "assistant", content: "answer 1" },
    ],
  });
  const { prompts, said: told } = await chat([`/load ${path}`, "/stats", "two", "/stats"]);
  assertStringIncludes(told, "context: 4096 tokens; the next answer tells how many are taken");
  assertMatch(told, /context: \d+ of 4096 tokens/);
  assertEquals(prompts, ["system:s\nuser:one\nassistant:answer 1\nuser:two\nassistant:"]);
  const left = [...Deno.readDirSync(folder)].map((entry) => entry.name);
  assertEquals(left.toSorted(), ["talk.json", "talk.json.cache"]);
  // What was taken back is in neither file.
  const undone = await chat(["one", "something long", "/undo", `/save ${folder}/undone.json`]);
  const remaining = "user:one\nassistant:answer 1\n".length;
  assertStringIncludes(undone.said, `keeps the keys and values of ${remaining} tokens`);
  const { said } = await chat(["a", `/save ${folder}/none/talk.json`, `/load ${folder}/none`]);
  assertStringIncludes(said, "talk.json was not written: No such file");
  assertStringIncludes(said, `${folder}/none: no such file`);
  // What the system does not even tell of cannot be written either, as files in /dev.
  const long = `${folder}/${"x".repeat(300)}`;
  assertStringIncludes((await chat(["a", `/save ${long}`])).said, `${long} was not written: File`);
});

Deno.test("a file that is no conversation is refused and changes nothing", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "talk.json");
  const user = { role: "user", content: "u" };
  const assistant = { role: "assistant", content: "a" };
  const cases: [unknown, string][] = [
    ["{", "is not valid JSON"],
    [[], "found [], expected a list"],
    [3, "found 3, expected a JSON object"],
    [{ turns: [] }, '"messages": found nothing, expected a list'],
    [{ messages: [] }, "at least one message"],
    [{ messages: [{ role: "robot", content: "" }] }, 'message 1: "role": found "robot"'],
    [{ messages: [{ role: "user", content: 1 }] }, 'message 1: "content": found 1'],
    [{ messages: [user, { ...assistant, tool_calls: [{}] }] }, "the last message has no answer"],
    [{ messages: [user, user] }, "turn 2: found role user, expected assistant"],
    [{ messages: [user, assistant, { role: "system", content: "" }] }, "turn 3: found role system"],
  ];
  for (const [content, complaint] of cases) {
    await Deno.writeTextFile(path, typeof content === "string" ? content : JSON.stringify(content));
    const { said, prompts } = await chat(["kept", `/load ${path}`, "b"]);
    assertStringIncludes(said, path);
    assertStringIncludes(said, complaint);
    assertStringIncludes(prompts[1], "user:kept\n");
  }
});

Deno.test("a conversation that ends with a message goes on with its answer", async () => {
  const path = await Deno.makeTempFile();
  const messages = [
    { role: "user", content: "a" },
    { role: "assistant", content: "b" },
    { role: "user", content: "c" },
  ];
  await Deno.writeTextFile(path, JSON.stringify({ messages }));
  const { prompts, said } = await chat([`/load ${path}`, "/retry"]);
  assertStringIncludes(said, "loaded 3 messages");
  assertStringIncludes(said, "the message stays: /retry answers it");
  assertEquals(prompts, ["user:a\nassistant:b\nuser:c\nassistant:"]);
  const added = await chat([`/load ${path}`, "d"]);
  assertEquals(added.prompts, ["user:a\nassistant:b\nuser:c\n\nd\nassistant:"]);
});

Deno.test("turns that left the context are saved all the same", async () => {
  const path = await Deno.makeTempFile();
  await chat(["first message", "second", "third", "fourth", `/save ${path}`, "y"], {
    contextLength: 100,
  });
  const { messages } = JSON.parse(await Deno.readTextFile(path));
  assertEquals(messages.length, 8);
  assertEquals(messages[0].content, "first message");
});

Deno.test("/load takes a bare list of messages, with calls of tools among them", async () => {
  const path = await Deno.makeTempFile();
  const call = { role: "assistant", content: null, tool_calls: [{ function: { name: "f" } }] };
  const messages = [
    { role: "user", content: "sum?" },
    call,
    { role: "tool", content: "4" },
    { role: "assistant", content: "It is 4." },
  ];
  await Deno.writeTextFile(path, JSON.stringify(messages));
  const { prompts, said } = await chat([`/load ${path}`, "and?"]);
  assertStringIncludes(said, "loaded 4 messages");
  assertEquals(
    prompts[0],
    "user:sum?\nassistant:null\ntool:4\nassistant:It is 4.\nuser:and?\nassistant:",
  );
  await Deno.writeTextFile(path, JSON.stringify(messages.slice(0, 3)));
  assertStringIncludes((await chat([`/load ${path}`])).said, "the last message has no answer");
});

Deno.test("/save asks before it overwrites a file that is not the conversation's own", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "precious");
  const { said } = await chat(["a", `/save ${path}`, "n"]);
  assertStringIncludes(said, "nothing was saved");
  assertEquals(await Deno.readTextFile(path), "precious");
  const saved = await chat(["a", `/save ${path}`, "y", "b", `/save ${path}`]);
  assertStringIncludes(saved.said, "saved 2 messages");
  const below = (await chat(["a", `/save ${path}/talk.json`])).said;
  assertStringIncludes(below, `${path}/talk.json was not written: Not a directory`);
  // A script learns by the exit code that nothing was written.
  const piped = () => chat(["a", `/save ${path}/talk.json`], { isInteractive: false });
  await assertRejects(piped, OutputFailedError, "was not written");
  const folder = (await chat(["a", `/save ${dirname(path)}`])).said;
  assertStringIncludes(folder, "is a folder; /save needs the name of a file");
  // Its own file by now: no question.
  assertStringIncludes(saved.said, "saved 4 messages");
});
