/** Checks of the library's options. */

import { quote } from "../../format/errors.ts";
import { suggestion } from "../nearest.ts";
import { type NumberRange, rangeText } from "../text/sampling.ts";

/**
 * Checks a value that was given for an option.
 * @throws TypeError or RangeError whose message begins with the option's name.
 */
export type Check = (value: unknown, name: string) => void;

/**
 * Checks options by the table of those that a function knows. An option that is undefined counts as left
 * out.
 *
 * @param caller the function, for the message about an option that it does not have.
 * @throws TypeError if an option is unknown or of the wrong kind, RangeError if it is out of range.
 */
export function checkOptions(
  caller: string,
  options: object,
  checks: Readonly<Record<string, Check>>,
): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${caller}: expected an object of options, found ${quote(options)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name)) {
      const known = Object.keys(checks);
      const hint = suggestion(name, known, `there are ${known.join(", ")}`);
      throw new TypeError(`${caller} has no option ${JSON.stringify(name)}${hint}`);
    }
    if (value !== undefined) checks[name](value, name);
  }
}

/** The error about a value of the wrong kind. */
export function wrongKind(name: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${name}: expected ${expected}, found ${quote(value)}`);
}

/** A number in a range. */
export function inRange(range: NumberRange): Check {
  return numeric(range, "a number", () => true);
}

/** A whole number in a range. */
export function wholeInRange(range: NumberRange): Check {
  return numeric(range, "a whole number", Number.isSafeInteger);
}

function numeric(range: NumberRange, noun: string, isOfKind: (value: number) => boolean): Check {
  return (value, name) => {
    if (typeof value !== "number") throw wrongKind(name, "a number", value);
    if (isOfKind(value) && value >= range.minimum && value <= range.maximum) return;
    throw new RangeError(
      `${name}: expected ${noun} ${rangeText(range, Number(value))}, found ${quote(value)}`,
    );
  };
}

/** One of some words. */
export function oneOf(words: readonly string[]): Check {
  return (value, name) => {
    if (typeof value !== "string") throw wrongKind(name, "a string", value);
    if (words.includes(value)) return;
    const known = words.map((word) => JSON.stringify(word)).join(" or ");
    throw new RangeError(`${name}: expected ${known}, found ${quote(value)}`);
  };
}

/** Any text. */
export const aString: Check = (value, name) => {
  if (typeof value !== "string") throw wrongKind(name, "a string", value);
};

/** True or false. */
export const aBoolean: Check = (value, name) => {
  if (typeof value !== "boolean") throw wrongKind(name, "true or false", value);
};

/** A function. */
export const aFunction: Check = (value, name) => {
  if (typeof value !== "function") throw wrongKind(name, "a function", typeof value);
};

/** Something to abort with. */
export const anAbortSignal: Check = (value, name) => {
  if (!(value instanceof AbortSignal)) throw wrongKind(name, "an AbortSignal", value);
};
