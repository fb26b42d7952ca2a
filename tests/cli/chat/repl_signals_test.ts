/** What stops, suspends and ends a chat in a real pseudo-terminal. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { KEYS } from "../terminal/pseudo_terminal.ts";
import { assertLeft, leave, startChat } from "./repl.ts";

Deno.test("Ctrl-C stops an answer, a second one warns, and a third one leaves", async () => {
  await using repl = await startChat();
  const { terminal } = repl;
  await terminal.say("slow", "tick tick tick");
  await terminal.type(KEYS.ctrlC);
  await terminal.waitFor("(interrupted)", "> ");
  await terminal.say("/stats", "1 answer:", "> ");
  await terminal.say("slow", "tick tick tick");
  await terminal.type(KEYS.ctrlC);
  await terminal.waitFor("(interrupted)", "> ");
  await terminal.type(KEYS.ctrlC);
  await terminal.waitFor("once more", "> ");
  await terminal.type(KEYS.ctrlC);
  await assertLeft(terminal, 130);
});

Deno.test("Ctrl-C while kernels are compiled leaves, and restores the terminal", async () => {
  await using repl = await startChat(undefined, { typedMeanwhile: KEYS.ctrlC });
  await assertLeft(repl.terminal, 130);
});

Deno.test("Ctrl-C while a message is read stops that, and the message stays", async () => {
  await using repl = await startChat();
  const { terminal } = repl;
  await terminal.say("long", "reading the prompt", "of 100000 tokens, ");
  await terminal.type(KEYS.ctrlC);
  await terminal.waitFor("(interrupted)", "the message stays: /retry answers it", "> ");
  await terminal.say("and more", 'heard "long\\n\\nand more".');
  await leave(terminal);
});

Deno.test("Ctrl-C when an answer has just ended keeps the conversation, a second one leaves", async () => {
  await using repl = await startChat();
  const { terminal } = repl;
  for (const message of ["one", "two"]) {
    await terminal.say(message, `heard "${message}".`, "> ");
    await terminal.type(KEYS.ctrlC);
    await terminal.waitFor("once more", "> ");
  }
  await terminal.type(KEYS.ctrlC);
  await assertLeft(terminal, 130);
});

Deno.test("Ctrl-C with a message begun clears it", async () => {
  await using repl = await startChat();
  const { terminal } = repl;
  await terminal.type("wrong");
  await terminal.waitFor("> wrong");
  await terminal.type(KEYS.ctrlC);
  await terminal.waitFor("> ");
  await terminal.say("right", 'heard "right".', "> ");
  await terminal.type("/exit", KEYS.enter);
  await assertLeft(terminal, 0);
});

Deno.test("Ctrl-Z suspends the chat; after fg the message is drawn again and goes on", async () => {
  // With job control, and a shell that makes the terminal its own in between.
  const before = "unset INIT_CWD; set -m";
  await using repl = await startChat(undefined, { before, after: "; stty sane; fg" });
  const { terminal } = repl;
  await terminal.type("half");
  await terminal.waitFor("> half");
  await terminal.type(KEYS.ctrlZ);
  await terminal.waitFor("> half");
  await terminal.type(" done");
  await terminal.waitFor(" done");
  await terminal.type(KEYS.enter);
  await terminal.waitFor('heard "half done".', "> ");
  await terminal.say("slow", "tick tick");
  await terminal.type(KEYS.ctrlC);
  await leave(terminal);
});

Deno.test("Ctrl-Z has no effect where a task runner started the chat", async () => {
  const before = "export INIT_CWD=/; set -m";
  await using repl = await startChat(undefined, { before, after: "; echo left" });
  const { terminal } = repl;
  await terminal.type("half");
  await terminal.waitFor("> half");
  await terminal.type(KEYS.ctrlZ, " done", KEYS.enter);
  assertEquals((await terminal.waitFor('heard "half done".')).includes("left"), false);
  await leave(terminal);
});

Deno.test("a signal that ends the program leaves the terminal as before", async () => {
  await using repl = await startChat();
  const { terminal } = repl;
  const answer = await terminal.say("pid", /pid=\d+;/, /passes[^]*> /);
  const pid = /pid=(\d+);/.exec(answer)?.[1];
  assertMatch(pid ?? "", /^\d+$/);
  await new Deno.Command("sh", { args: ["-c", `kill -TERM ${pid}`] }).output();
  await assertLeft(terminal, 143);
});

Deno.test("SIGTERM keeps what an answer has so far, and leaves", async () => {
  await using repl = await startChat();
  const { terminal } = repl;
  const pid = /pid=(\d+);/.exec(await terminal.say("pid", /pid=\d+;/, /passes[^]*> /))?.[1];
  await terminal.say("slow", "tick tick tick");
  await new Deno.Command("sh", { args: ["-c", `kill -TERM ${pid}; kill -TERM ${pid}`] }).output();
  await assertLeft(terminal, 143);
  await using second = await startChat(repl.state, { flags: "--continue" });
  assertStringIncludes(second.terminal.written, "going on after 4 messages");
});

Deno.test("a terminal that goes away ends the chat", async () => {
  await using repl = await startChat();
  const { terminal } = repl;
  const pid = /pid=(\d+);/.exec(await terminal.say("pid", /pid=\d+;/))?.[1];
  await terminal[Symbol.asyncDispose]();
  const gone =
    `for i in $(seq 100); do kill -0 ${pid} 2>/dev/null || exit 0; sleep 0.1; done; exit 1`;
  const { code } = await new Deno.Command("sh", { args: ["-c", gone], stderr: "null" }).output();
  assertEquals(code, 0);
});
