/** Standard output for results, standard error for everything said about them. */

import { fstatSync } from "node:fs";
import { environmentVariable } from "../../engine/environment.ts";
import { OutputFailedError } from "../../engine/errors.ts";
import { reasonOf } from "../../engine/reason.ts";
import { OutputClosedError } from "../errors.ts";
import { terminalSize } from "./terminal_size.ts";
import { wrapLine } from "./wrapped_line.ts";

const encoder = new TextEncoder();

/** Colours of messages; without colours, each function returns the text as it is. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
}

/** Colours if `enabled`, plain text otherwise. */
export function styleOf(enabled: boolean): Style {
  const sequence = (on: number, off: number) => (text: string) =>
    enabled ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  return { bold: sequence(1, 22), dim: sequence(2, 22), red: sequence(31, 39) };
}

/** Whether something is a terminal that can colour text and draw over a line: a dumb one cannot. */
export function takesControls(isTerminal: boolean, term = environmentVariable("TERM")): boolean {
  return isTerminal && term !== "dumb";
}

/** Whether to colour what goes to a terminal: not with `--no-color`, NO_COLOR or a dumb terminal. */
export function wantsColor(isTerminal: boolean, noColor: boolean): boolean {
  return takesControls(isTerminal) && !noColor && environmentVariable("NO_COLOR") === undefined;
}

/** Where a command writes. */
export interface Output {
  /** Whether results go to a terminal. */
  readonly isTerminal: boolean;
  /** Whether results may be coloured. */
  readonly hasColor: boolean;
  /** Colours of messages. */
  readonly style: Style;
  /**
   * Writes to standard output, all of it before the promise resolves.
   * @param paint puts terminal codes around a text that is known to hold none.
   * @throws OutputClosedError when the reader has gone.
   */
  write(text: string, paint?: (text: string) => string): Promise<void>;
  /**
   * To be awaited between an answer and what is said about it: where another program shows the answer, as
   * `tee` does, it gets the time to do so before the terminal shows the rest.
   */
  settle(): Promise<void>;
  /** Writes one line to standard error. */
  say(line: string): void;
}

/** The real standard output and standard error. */
export function standardOutput(options: { noColor: boolean }): Output {
  const isTerminal = Deno.stdout.isTerminal();
  return {
    isTerminal,
    hasColor: wantsColor(isTerminal, options.noColor),
    style: styleOf(wantsColor(Deno.stderr.isTerminal(), options.noColor)),
    // A model's text is not trusted to steer a terminal; a file gets it as it is.
    write: (text, paint = (plain) => plain) =>
      writeRaw(paint(isTerminal ? withoutControls(text) : text)),
    settle: isShownByAnother() ? () => delay(SETTLING) : () => Promise.resolve(),
    say: (line) =>
      sayLine(Deno.stderr.isTerminal() ? wrapLine(line, terminalSize().columns) : line),
  };
}

/** Milliseconds in which a program that is woken by what is written to it has written it on. */
const SETTLING = 30;

/** Whether results go to another program that may show them on the terminal where messages go. */
function isShownByAnother(): boolean {
  return Deno.stderr.isTerminal() && fstatSync(STANDARD_OUTPUT).isFIFO();
}

/** Number of the file that standard output is. */
const STANDARD_OUTPUT = 1;

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Shows something to the person: on standard error where standard output goes elsewhere. */
export async function show(text: string): Promise<void> {
  if (Deno.stdout.isTerminal()) await writeRaw(text);
  else sayRaw(text);
}

/** Writes one line to standard error, if anybody still reads it. */
export function sayLine(line: string): void {
  sayRaw(line + "\n");
}

/** Writes to standard error as it is, terminal codes included. */
export function sayRaw(text: string): void {
  try {
    let bytes = encoder.encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(Deno.stderr.writeSync(bytes));
  } catch {
    // Nobody reads messages any more.
  }
}

/**
 * Writes to standard output as it is, terminal codes included.
 * @throws OutputClosedError when the reader has gone.
 * @throws OutputFailedError when it cannot be written for another reason.
 */
export async function writeRaw(text: string): Promise<void> {
  try {
    let bytes = encoder.encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(await Deno.stdout.write(bytes));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) throw new OutputClosedError("output closed");
    throw new OutputFailedError(`standard output cannot be written: ${reasonOf(error)}`);
  }
}

/** Takes terminal control characters out, line feeds and tabs excepted. */
function withoutControls(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "");
}
