/** Conversations in a real pseudo-terminal, with a fake model. */

import { assertStringIncludes } from "@std/assert";
import { KEYS } from "../terminal/pseudo_terminal.ts";
import { leave, startChat } from "./repl.ts";

Deno.test("a message is answered, Ctrl-D leaves and the terminal is as before", async () => {
  await using repl = await startChat();
  const { terminal } = repl;
  await terminal.say("hello", 'heard "hello".\r\n', "passes");
  await leave(terminal);
});

Deno.test("unknown commands name the nearest, in the chat and without ending it", async () => {
  await using repl = await startChat();
  const { terminal } = repl;
  await terminal.say("/resett", "did you mean /reset?");
  await leave(terminal);
});

Deno.test("a chat is left and gone on with; /save asks with one key", async () => {
  await using first = await startChat();
  await first.terminal.say("secret", /passes[^]*> /);
  const path = `${first.state}/talk.json`;
  await Deno.writeTextFile(path, "");
  await first.terminal.say(`/save ${path}`, "overwrite it? [y/N]");
  await first.terminal.type("y");
  await first.terminal.waitFor("saved 2 messages", "> ");
  await first.terminal.type(KEYS.ctrlD);
  await first.terminal.ended();

  await using second = await startChat(first.state, { flags: "--continue" });
  await second.terminal.say("/stats", "the next answer tells");
});

Deno.test("where answers go on to another program, the person still sees prompt and message", async () => {
  await using repl = await startChat(undefined, { after: "| sed s/heard/HEARD/" });
  const { terminal } = repl;
  await terminal.say("hello", "hello", "passes");
  await terminal.type(KEYS.ctrlD);
  await terminal.ended();
  assertStringIncludes(terminal.written, 'HEARD "hello".');
});
