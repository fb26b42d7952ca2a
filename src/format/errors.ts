/** Errors about files, with messages made for people: one complete line each, no stack needed. */

/** A file is there but its contents are not what the format asks for (exit code 65). */
export class DataError extends Error {
  /** Name of the class. */
  override name = "DataError";
  /** What the message was made of, where `malformed` made it. */
  readonly fault: Fault | undefined;

  /** The message is kept on one line whatever names from the file it quotes. */
  constructor(message: string, options: ErrorOptions & { fault?: Fault } = {}) {
    super(onOneLine(message), options);
    this.fault = options.fault;
  }
}

/** A file or folder is not there, or may not be read (exit code 66). */
export class NoInputError extends Error {
  /** Name of the class. */
  override name = "NoInputError";

  /** The message is kept on one line whatever path it quotes. */
  constructor(message: string, options?: ErrorOptions) {
    super(onOneLine(message), options);
  }
}

/** Where a fault stands and what it is; `malformed` makes the line. */
export interface Fault {
  /** Path of the file. */
  file: string;
  /** The tensor, key or line within the file, such as `tensor "lm_head.weight"`. */
  where?: string;
  /** What was found there. */
  found: string;
  /** What the format asks for. */
  expected: string;
  /** What the reader may do about it. */
  next?: string;
}

/** The `DataError` that says: file, place, found, expected, next step. */
export function malformed(fault: Fault, options?: ErrorOptions): DataError {
  const { file, where, found, expected, next } = fault;
  const place = where === undefined ? file : `${file}: ${where}`;
  const advice = next === undefined ? "" : `; ${next}`;
  const line = `${place}: found ${found}, expected ${expected}${advice}`;
  return new DataError(line, { ...options, fault });
}

/** The same error with another next step: for a file that is of more, or less, worth than others. */
export function advising(error: DataError, next: string): DataError {
  return error.fault ? malformed({ ...error.fault, next }, { cause: error }) : error;
}

/** The same error with one more way on behind its next step. */
export function alsoAdvising(error: DataError, way: string): DataError {
  const next = error.fault?.next;
  return advising(error, next === undefined ? way : `${next}, or ${way}`);
}

/**
 * Runs what the contents of a file steer: whatever it throws is a fault of the file.
 *
 * @param describe the fault, from what was thrown and its message.
 * @throws DataError that says so.
 */
export function blamingFile<T>(
  describe: (problem: string, error: unknown) => Fault,
  run: () => T,
): T {
  try {
    return run();
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw malformed(describe(problem, error), { cause: error });
  }
}

/** Longest quotation of a value from a file, in characters. */
const QUOTED_LENGTH = 60;

/** A value from a file as an error message quotes it: JSON, shortened, `nothing` when absent. */
export function quote(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return JSON.stringify(shorten(value));
  if (Array.isArray(value)) {
    // Only the beginning is turned into text: an array from a file may hold millions of entries.
    const entries = value.slice(0, 8).map((entry) =>
      typeof entry === "object" && entry !== null ? describeContainer(entry) : quote(entry)
    );
    return `[${shorten(entries.join(", "))}${value.length > 8 ? ", …" : ""}]`;
  }
  return typeof value === "object" && value !== null ? describeContainer(value) : String(value);
}

function describeContainer(value: object): string {
  return Array.isArray(value) ? "an array" : "an object";
}

function shorten(text: string): string {
  return text.length <= QUOTED_LENGTH ? text : `${text.slice(0, QUOTED_LENGTH)}…`;
}

/**
 * Control characters, line separators and marks that turn the writing direction: a name from a
 * file must neither break the line nor steer the terminal.
 */
// deno-lint-ignore no-control-regex
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

function onOneLine(message: string): string {
  return message.replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
