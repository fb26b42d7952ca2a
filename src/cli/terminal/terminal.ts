/** Reading messages from a terminal: raw keys in, a redrawn message out, and the terminal restored after. */

import { reasonOf } from "../../engine/reason.ts";
import { stateFile } from "../../engine/state_folder.ts";
import { ExitCode } from "../exit_codes.ts";
import { appendHistory, readHistory, withEntry } from "./history.ts";
import { asOnePaste, KeyDecoder, type KeyEvent, PASTE_MARKS_OFF, PASTE_MARKS_ON } from "./keys.ts";
import { edit, type EditorState, startEditing } from "./line_editor.ts";
import { drawOver, type LineView, reflow, viewOf, window } from "./line_view.ts";
import { type MessageRead, type MessageSource, PROMPTS } from "./message_source.ts";
import { sayLine, sayRaw, show } from "./output.ts";
import { terminalSize } from "./terminal_size.ts";

const CLEAR_SCREEN = "\x1b[H\x1b[2J";

/** Signals that end the program whatever it is at, and would leave the terminal raw, with their numbers. */
const ENDING_SIGNALS: readonly (readonly [Deno.Signal, number])[] = Deno.build.os === "windows"
  ? [["SIGBREAK", 21]]
  : [["SIGHUP", 1], ["SIGQUIT", 3]];

/** What was typed before the first prompt is there after so many milliseconds, also on a busy machine. */
const READ_AHEAD_MS = 50;

const CTRL_C: KeyEvent = { kind: "key", name: "ctrl-c" };

/**
 * Reads messages with a line editor and a history that outlives the program. The terminal neither echoes
 * nor waits for whole lines, but turns Ctrl-C and Ctrl-Z into signals: only the system can suspend a
 * program that may not signal anybody.
 */
export class TerminalMessages implements MessageSource {
  readonly isInteractive = true;
  readonly #keys = new KeyDecoder();
  readonly #cleanup = new DisposableStack();
  readonly #historyPath: string | null;
  #history: readonly string[];
  /** Keys that came with an earlier read, typed ahead. */
  readonly #queue: KeyEvent[] = [];
  readonly #buffer = new Uint8Array(4096);
  /** The read that is under way, also after a Ctrl-C. */
  #reading: Promise<number | null> | null = null;
  /** Whether Ctrl-C is a key; between two messages answers have a listener of their own. */
  #takesKeys = false;
  #isTerminated = false;
  #wake: () => void = () => {};
  #hasRead = false;
  #drawn: LineView | null = null;
  #state: EditorState = startEditing();

  /** Takes over the terminal until the result is disposed of. */
  static async open({ keepsHistory }: { keepsHistory: boolean }): Promise<TerminalMessages> {
    const path = keepsHistory ? stateFile("history") : null;
    return new TerminalMessages(path, path === null ? [] : await readHistory(path));
  }

  private constructor(path: string | null, history: readonly string[]) {
    this.#historyPath = path;
    this.#history = history;
    this.#cleanup.defer(restoreTerminal);
    // The last resort for Deno.exit() anywhere.
    globalThis.addEventListener("unload", restoreTerminal);
    this.#cleanup.defer(() => globalThis.removeEventListener("unload", restoreTerminal));
    this.#onSignal("SIGINT", () => this.#interrupt());
    if (Deno.build.os !== "windows") {
      this.#onSignal("SIGCONT", () => this.#resume());
      this.#onSignal("SIGTERM", () => this.#terminate());
    }
    for (const [signal, number] of ENDING_SIGNALS) {
      this.#onSignal(signal, () => Deno.exit(128 + number));
    }
    takeTerminal();
  }

  async next(): Promise<MessageRead> {
    if (this.#isTerminated) Deno.exit(ExitCode.terminated);
    this.#state = startEditing(this.#history);
    this.#drawn = null;
    this.#takesKeys = true;
    using resizing = new DisposableStack();
    if (Deno.build.os !== "windows") {
      const redraw = () => void this.#redrawAfterResize().catch(() => {});
      Deno.addSignalListener("SIGWINCH", redraw);
      resizing.defer(() => Deno.removeSignalListener("SIGWINCH", redraw));
    }
    try {
      return await this.#edit();
    } finally {
      this.#takesKeys = false;
    }
  }

  async confirm(question: string): Promise<boolean> {
    this.#takesKeys = true;
    try {
      await show(`${question} [y/N] `);
      const event = await this.#nextKey();
      const isYes = event?.kind === "text" && event.text.toLowerCase() === "y";
      await show(isYes ? "yes\r\n" : "no\r\n");
      return isYes;
    } finally {
      this.#takesKeys = false;
    }
  }

  [Symbol.dispose](): void {
    this.#cleanup.dispose();
  }

  async #edit(): Promise<MessageRead> {
    if (!this.#hasRead) await this.#readAhead();
    await this.#draw();
    for (;;) {
      const event = await this.#nextKey();
      const step = event === null
        ? { state: this.#state, decision: "end" as const }
        : edit(this.#state, event);
      this.#state = step.state;
      if (step.decision === "clear-screen") {
        await show(CLEAR_SCREEN);
        this.#drawn = null;
      }
      if (step.decision === undefined || step.decision === "clear-screen") {
        // Draw once for all keys that came together; a paste without marks is a key per letter.
        if (this.#queue.length === 0) await this.#draw();
        continue;
      }
      await this.#leaveLine();
      if (step.decision !== "submit") return { kind: step.decision };
      await this.#remember(this.#state.text);
      return { kind: "message", text: this.#state.text };
    }
  }

  async #nextKey(): Promise<KeyEvent | null> {
    while (this.#queue.length === 0) {
      const keys = await this.#readKeys();
      if (keys === null) return null;
      this.#queue.push(...keys);
    }
    return this.#queue.shift() as KeyEvent;
  }

  /** The keys of one read, none if it is woken before; null when the terminal has gone. */
  async #readKeys(): Promise<KeyEvent[] | null> {
    const { promise: woken, resolve } = Promise.withResolvers<"woken">();
    this.#wake = () => resolve("woken");
    this.#reading ??= readTerminal(this.#buffer);
    const read = await Promise.race([this.#reading, woken]);
    if (read === "woken") return [];
    this.#reading = null;
    return read === null ? null : this.#keys.push(this.#buffer.subarray(0, read));
  }

  /** What was typed before the first prompt: several lines are a paste that nothing has marked. */
  async #readAhead(): Promise<void> {
    this.#hasRead = true;
    const ahead: KeyEvent[] = [];
    let keys: KeyEvent[] | null;
    do {
      const timer = setTimeout(() => this.#wake(), READ_AHEAD_MS);
      keys = await this.#readKeys();
      clearTimeout(timer);
      ahead.push(...keys ?? []);
    } while (keys !== null && keys.length > 0);
    this.#queue.unshift(...asOnePaste(ahead));
  }

  #interrupt(): void {
    if (!this.#takesKeys) return;
    this.#queue.push(CTRL_C);
    this.#wake();
  }

  /** Leaves at once, or when the answer has been kept. */
  #terminate(): void {
    this.#isTerminated = true;
    if (this.#takesKeys) Deno.exit(ExitCode.terminated);
  }

  /** Takes the terminal over again after Ctrl-Z: the shell has made it its own in between. */
  #resume(): void {
    takeTerminal();
    if (this.#drawn === null) return;
    this.#drawn = null;
    void this.#draw().catch(() => {});
  }

  async #draw(): Promise<void> {
    const { columns, rows } = terminalSize();
    const { text, cursor } = this.#state;
    const view = window(viewOf(text, cursor, PROMPTS, columns), rows);
    await show(drawOver(this.#drawn, view));
    this.#drawn = view;
  }

  async #redrawAfterResize(): Promise<void> {
    if (this.#drawn !== null) this.#drawn = reflow(this.#drawn, terminalSize().columns);
    await this.#draw();
  }

  /** Leaves the whole message on the screen and goes to the line after it. */
  async #leaveLine(): Promise<void> {
    const { text } = this.#state;
    const view = viewOf(text, text.length, PROMPTS, terminalSize().columns);
    await show(drawOver(this.#drawn, view) + "\r\n");
    this.#drawn = null;
  }

  async #remember(message: string): Promise<void> {
    if (message.trim() === "") return;
    this.#history = withEntry(this.#history, message);
    if (this.#historyPath === null) return;
    try {
      await appendHistory(this.#historyPath, message);
    } catch (error) {
      this.#warnOnce(`the history was not saved: ${reasonOf(error)}`);
    }
  }

  #warned = false;
  #warnOnce(line: string): void {
    if (!this.#warned) sayLine(line);
    this.#warned = true;
  }

  #onSignal(signal: Deno.Signal, listener: () => void): void {
    Deno.addSignalListener(signal, listener);
    this.#cleanup.defer(() => Deno.removeSignalListener(signal, listener));
  }
}

/** No echo and no line buffering, but Ctrl-C and Ctrl-Z are signals. */
const CBREAK = { cbreak: Deno.build.os !== "windows" };

function takeTerminal(): void {
  Deno.stdin.setRaw(true, CBREAK);
  sayRaw(PASTE_MARKS_ON);
}

function restoreTerminal(): void {
  sayRaw(PASTE_MARKS_OFF);
  try {
    Deno.stdin.setRaw(false);
  } catch {
    // The terminal has gone.
  }
}

/** Bytes read, or null when the terminal has gone. */
async function readTerminal(buffer: Uint8Array): Promise<number | null> {
  try {
    return await Deno.stdin.read(buffer);
  } catch {
    return null;
  }
}
