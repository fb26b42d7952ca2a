/** What can stand behind `is`. */

import { contains, holds } from "./operators.ts";
import {
  asNumber,
  type Call,
  Callable,
  isEqual,
  isMapping,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";
import { textOf } from "./writing.ts";

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
  string: (value) => typeof value === "string",
  mapping: isMapping,
  sequence: isSequence,
  iterable: isSequence,
  callable: (value) => value instanceof Callable || value instanceof Undefined,
  escaped: () => false,
  odd: (value) => remainder(value, 2n) === 1n,
  even: (value) => remainder(value, 2n) === 0n,
  divisibleby: (value, divisor) => remainder(value, asNumber(divisor)) === 0n,
  lower: (value) => isCased(textOf(value), (text) => text.toLowerCase()),
  upper: (value) => isCased(textOf(value), (text) => text.toUpperCase()),
  sameas: (value, other) => typeof value === typeof other && isEqual(value, other),
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

function isSequence(value: Value): boolean {
  return typeof value === "string" || Array.isArray(value) || value instanceof Tuple ||
    isMapping(value) || value instanceof Undefined;
}

function remainder(value: Value, divisor: bigint | number | null): bigint {
  const number = asNumber(value);
  if (typeof number !== "bigint" || typeof divisor !== "bigint" || divisor === 0n) {
    throw new Error(`it divides ${typeName(value)}`);
  }
  return ((number % divisor) + divisor) % divisor;
}

function isCased(text: string, change: (text: string) => string): boolean {
  return change(text) === text && text.toLowerCase() !== text.toUpperCase();
}
