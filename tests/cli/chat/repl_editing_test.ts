/** Typing, pasting and editing messages in a real pseudo-terminal, and what the screen shows of them. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { KEYS } from "../terminal/pseudo_terminal.ts";
import { resize, startChat } from "./repl.ts";

Deno.test("a paste with line breaks is one message, without the marks around it", async () => {
  await using repl = await startChat();
  const { terminal } = repl;
  assertStringIncludes(terminal.written, "\x1b[?2004h");
  await terminal.type("\x1b[200~one\rtwo\x1b[201~", " three");
  await terminal.waitFor("  two three");
  await terminal.type(KEYS.enter);
  await terminal.waitFor('heard "one\\ntwo three".');
});

Deno.test("a paste during an answer is one message, too", async () => {
  await using repl = await startChat();
  const { terminal } = repl;
  await terminal.say("slow", "tick tick");
  assertEquals(terminal.written.includes("\x1b[?2004l"), false);
  await terminal.type(KEYS.ctrlC);
  await terminal.waitFor("(interrupted)", "> ");
});

Deno.test("lines that are pasted before the chat is there are one message, which waits for Enter", async () => {
  const lines = Array.from({ length: 300 }, (_, i) => `${i} mississippi\r`).join("");
  await using repl = await startChat(undefined, { typed: lines });
  const { terminal } = repl;
  await terminal.waitFor("299 mississippi");
  await terminal.type(KEYS.enter);
  const heard = await terminal.waitFor(/heard "[^"]*"/);
  assertMatch(heard.replaceAll("\r\n", ""), /heard "0\s*mississippi.*299\s*mississippi"$/);
});

Deno.test("a line that is typed before the chat is there is answered at once", async () => {
  await using repl = await startChat(undefined, { typed: "early\r" });
  await repl.terminal.waitFor('heard "early".', "> ");
});

Deno.test("what is typed while kernels are compiled is not echoed, and stands at the prompt", async () => {
  await using repl = await startChat(undefined, { typedMeanwhile: "early" });
  const { terminal } = repl;
  await terminal.waitFor("early");
  assertEquals(terminal.written.split("early").length - 1, 1, terminal.written);
  await terminal.type(KEYS.enter);
  await terminal.waitFor('heard "early".', "> ");
});

Deno.test("Alt-Enter and a backslash go on in a new line", async () => {
  await using repl = await startChat();
  const { terminal } = repl;
  await terminal.type("a", KEYS.altEnter, "b\\", KEYS.enter, "c", KEYS.enter);
  await terminal.waitFor('heard "a\\nb\\nc".');
});

Deno.test("editing in the middle of wide characters sends what the screen shows", async () => {
  await using repl = await startChat();
  const { terminal } = repl;
  await terminal.type("中👍🏽b", KEYS.left, KEYS.backspace, KEYS.ctrlA, "x", KEYS.enter);
  await terminal.waitFor("> x中b", 'heard "x中b".');
});

Deno.test("a message longer than the terminal is wide is wrapped", async () => {
  await using repl = await startChat(undefined, { size: { columns: 20, rows: 10 } });
  const { terminal } = repl;
  await terminal.say(
    "abcdefghijklmnopqrstuvwxyz",
    /> abcdefghijklmnopq\r+\nrstuvwxyz/,
    'heard\r\n"abcdefghijklmnopqr\r\nstuvwxyz".',
  );
});

Deno.test("answers break between words, as wide as the terminal is now", async () => {
  await using repl = await startChat(undefined, { size: { columns: 30, rows: 10 } });
  const { terminal } = repl;
  await terminal.say(
    "one two three four five six",
    'heard "one two three four\r\nfive six".',
    "> ",
  );
  await resize(terminal, 60);
  await terminal.say("one two three four five six", 'heard "one two three four five six".');
});

Deno.test("a message is wrapped anew when the terminal gets narrower", async () => {
  await using repl = await startChat();
  const { terminal } = repl;
  await terminal.type("abcdefghijklmnopqrstuvwxyz");
  await terminal.waitFor("xyz");
  await resize(terminal, 20);
  await terminal.waitFor(/> abcdefghijklmnopq\r+\nrstuvwxyz/);
});

Deno.test("arrow up finds messages of this chat and of earlier ones", async () => {
  await using first = await startChat();
  await first.terminal.say("from before", 'heard "from before".', "> ");
  await first.terminal.type(KEYS.ctrlD);
  await first.terminal.ended();

  await using second = await startChat(first.state);
  const { terminal } = second;
  await terminal.say("new", 'heard "new".', "> ");
  await terminal.type(KEYS.up, KEYS.up, "!", KEYS.enter);
  await terminal.waitFor('heard "from before!".');
});

Deno.test("what is typed during an answer waits for the next message and is not echoed", async () => {
  await using repl = await startChat();
  const { terminal } = repl;
  await terminal.say("slow", "tick");
  await terminal.type("ahead", KEYS.enter);
  await new Promise((resolve) => setTimeout(resolve, 200));
  await terminal.type(KEYS.ctrlC);
  const before = await terminal.waitFor("(interrupted)");
  assert(!before.includes("ahead"), before);
});
