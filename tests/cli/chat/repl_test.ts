/** The chat in a real pseudo-terminal, with a fake model. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { KEYS, PseudoTerminal, quoted } from "../terminal/pseudo_terminal.ts";

const FAKE_CHAT = fromFileUrl(new URL("./fake_chat.ts", import.meta.url));

interface Repl extends AsyncDisposable {
  terminal: PseudoTerminal;
  /** The state folder that the history goes to. */
  state: string;
}

/** Starts the chat; after it, the shell tells its exit code and whether the terminal is as before. */
async function startChat(
  state?: string,
  { size, typed = "", flags = "", before = "unset INIT_CWD", after = "" }: {
    size?: { columns: number; rows: number };
    flags?: string;
    /** What is typed before the chat is there. */
    typed?: string;
    /** What the shell does first, and with the chat's output or after it. */
    before?: string;
    after?: string;
  } = {},
): Promise<Repl> {
  const folder = state ?? await Deno.makeTempDir();
  const chat = [
    "run",
    "--quiet",
    "--no-check",
    "--no-prompt",
    "--allow-read",
    `--allow-write=${folder}`,
  ]
    .concat("--allow-env=XDG_STATE_HOME,HOME,INIT_CWD,NO_COLOR,TERM", FAKE_CHAT);
  const command = [Deno.execPath(), ...chat].map(quoted).join(" ");
  // The shell survives Ctrl-C to report.
  const terminal = new PseudoTerminal(
    `tty; export XDG_STATE_HOME=${
      quoted(folder)
    }; trap : INT QUIT TERM; ${before}; before=$(stty -g); ${command} ${flags} ${after}; ` +
      `echo "exit=$?"; test "$before" = "$(stty -g)" && echo terminal=restored`,
    size,
  );
  await terminal.type(typed);
  await terminal.waitFor("/help lists", "> ");
  return {
    terminal,
    state: folder,
    [Symbol.asyncDispose]: () => terminal[Symbol.asyncDispose](),
  };
}

/** The chat has ended with the code, and left the terminal as it was. */
async function assertLeft(terminal: PseudoTerminal, exitCode: number): Promise<void> {
  const rest = await terminal.ended();
  assertStringIncludes(rest, `exit=${exitCode}\r\n`);
  assertStringIncludes(rest, "terminal=restored");
  // The last word on pastes is that they are not marked.
  // deno-lint-ignore no-control-regex
  const marks = [...terminal.written.matchAll(/\x1b\[\?2004([hl])/g)].map(([, mark]) => mark);
  assertEquals(marks.at(-1), "l");
}

/** Gives the terminal so many columns, from outside. */
async function resize(terminal: PseudoTerminal, columns: number): Promise<void> {
  const [device] = /\/dev\/\S+/.exec(terminal.written) ?? [];
  await new Deno.Command("sh", { args: ["-c", `stty cols ${columns} < ${device}`] }).output();
}

/** Ends the chat at its next prompt, which goes well. */
async function leave(terminal: PseudoTerminal): Promise<void> {
  await terminal.waitFor("> ");
  await terminal.type(KEYS.ctrlD);
  await assertLeft(terminal, 0);
}

Deno.test("a message is answered, Ctrl-D leaves and the terminal is as before", async () => {
  await using repl = await startChat();
  const { terminal } = repl;
  await terminal.say("hello", 'heard "hello".\r\n', "passes");
  await leave(terminal);
});

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

Deno.test("unknown commands name the nearest, in the chat and without ending it", async () => {
  await using repl = await startChat();
  const { terminal } = repl;
  await terminal.say("/resett", "did you mean /reset?");
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
