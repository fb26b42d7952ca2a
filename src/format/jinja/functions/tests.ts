/** What can stand behind `is`. */

import { calculate, contains, holds } from "../values/operators.ts";
import { Stream, View } from "../values/series.ts";
import {
  asNumber,
  type Call,
  Callable,
  isEqual,
  isMapping,
  isSequence,
  Markup,
  Undefined,
  type Value,
} from "../values/values.ts";
import { textOf } from "../values/writing.ts";

/** Whether a value passes; the arguments are those behind the test's name. */
type Test = (value: Value, first: Value, call: Call) => boolean;

/** The tests by name. */
export const TESTS: Readonly<Record<string, Test>> = {
  defined: (value) => !(value instanceof Undefined),
  undefined: (value) => value instanceof Undefined,
  none: (value) => value === null,
  boolean: (value) => typeof value === "boolean",
  true: (value) => value === true,
  false: (value) => value === false,
  integer: (value) => typeof value === "bigint",
  float: (value) => typeof value === "number",
  number: (value) => asNumber(value) !== null,
  string: (value) => typeof value === "string" || value instanceof Markup,
  mapping: isMapping,
  sequence: (value) => isSequence(value) || isMapping(value) || value instanceof Undefined,
  iterable: (value) =>
    isSequence(value) || isMapping(value) || value instanceof Undefined ||
    value instanceof Stream || value instanceof View,
  callable: (value) => value instanceof Callable || value instanceof Undefined,
  escaped: (value) => value instanceof Markup,
  odd: (value) => isEqual(calculate("%", value, 2n), 1n),
  even: (value) => isEqual(calculate("%", value, 2n), 0n),
  divisibleby: (value, divisor) => isEqual(calculate("%", value, divisor), 0n),
  lower: (value) => isCased(textOf(value), (text) => text.toLowerCase()),
  upper: (value) => isCased(textOf(value), (text) => text.toUpperCase()),
  sameas: (value, other) =>
    value === other || (value instanceof Undefined && other instanceof Undefined),
  in: (value, whole) => contains(whole, value),
  ...comparison("==", "eq", "equalto"),
  ...comparison("!=", "ne"),
  ...comparison(">", "gt", "greaterthan"),
  ...comparison(">=", "ge"),
  ...comparison("<", "lt", "lessthan"),
  ...comparison("<=", "le"),
};

function comparison(operator: string, ...names: string[]): Record<string, Test> {
  const test: Test = (value, other) => holds(operator, value, other);
  return Object.fromEntries([operator, ...names].map((name) => [name, test]));
}

function isCased(text: string, change: (text: string) => string): boolean {
  return change(text) === text && text.toLowerCase() !== text.toUpperCase();
}
