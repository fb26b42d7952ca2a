/** Starting a chat in a real pseudo-terminal, with a fake model. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { KEYS, PseudoTerminal, quoted } from "../terminal/pseudo_terminal.ts";

const FAKE_CHAT = fromFileUrl(new URL("./fake_chat.ts", import.meta.url));

/** A running chat. */
export interface Repl extends AsyncDisposable {
  terminal: PseudoTerminal;
  /** The state folder that the history goes to. */
  state: string;
}

/** Starts the chat; after it, the shell tells its exit code and whether the terminal is as before. */
export async function startChat(
  state?: string,
  { size, typed = "", typedMeanwhile, flags = "", before = "unset INIT_CWD", after = "" }: {
    size?: { columns: number; rows: number };
    flags?: string;
    /** What is typed before the chat is there. */
    typed?: string;
    /** Lets kernels be compiled first, and what is typed at that time. */
    typedMeanwhile?: string;
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
  const compiles = typedMeanwhile === undefined ? "" : "--system compile";
  // The shell survives Ctrl-C to report.
  const terminal = new PseudoTerminal(
    `tty; export XDG_STATE_HOME=${
      quoted(folder)
    }; trap : INT QUIT TERM; ${before}; before=$(stty -g); ${command} ${compiles} ${flags} ${after}; ` +
      `echo "exit=$?"; test "$before" = "$(stty -g)" && echo terminal=restored`,
    size,
  );
  await terminal.type(typed);
  if (typedMeanwhile !== undefined) {
    await terminal.waitFor("compiling kernels");
    await terminal.type(typedMeanwhile);
  }
  if (typedMeanwhile !== KEYS.ctrlC) await terminal.waitFor("/help lists", "> ");
  return {
    terminal,
    state: folder,
    [Symbol.asyncDispose]: () => terminal[Symbol.asyncDispose](),
  };
}

/** The chat has ended with the code, and left the terminal as it was. */
export async function assertLeft(terminal: PseudoTerminal, exitCode: number): Promise<void> {
  const rest = await terminal.ended();
  assertStringIncludes(rest, `exit=${exitCode}\r\n`);
  assertStringIncludes(rest, "terminal=restored");
  // The last word on pastes is that they are not marked.
  // deno-lint-ignore no-control-regex
  const marks = [...terminal.written.matchAll(/\x1b\[\?2004([hl])/g)].map(([, mark]) => mark);
  assertEquals(marks.at(-1), "l");
}

/** Gives the terminal so many columns, from outside. */
export async function resize(terminal: PseudoTerminal, columns: number): Promise<void> {
  const [device] = /\/dev\/\S+/.exec(terminal.written) ?? [];
  await new Deno.Command("sh", { args: ["-c", `stty cols ${columns} < ${device}`] }).output();
}

/** Ends the chat at its next prompt, which goes well. */
export async function leave(terminal: PseudoTerminal): Promise<void> {
  await terminal.waitFor("> ");
  await terminal.type(KEYS.ctrlD);
  await assertLeft(terminal, 0);
}
