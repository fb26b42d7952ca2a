/** What operators do to values. */

import { formatPercent } from "./formatting.ts";
import { Range, Stream } from "./series.ts";
import {
  asIndex,
  asNumber,
  canBeKey,
  compare,
  isEqual,
  isMapping,
  isSequence,
  isTrue,
  itemsOf,
  keyIn,
  Tuple,
  typeName,
  type Value,
} from "./values.ts";

/** Largest text or list that one operator may make, in characters or items. */
const LENGTH_LIMIT = 2 ** 22;

/** Most bits of an integer. */
const BIT_LIMIT = 2 ** 12;

/** The value of an operator between two values. */
export function calculate(operator: string, a: Value, b: Value): Value {
  if (operator === "%" && typeof a === "string") return formatPercent(a, b);
  if (operator === "+") {
    if (typeof a === "string" && typeof b === "string") return a + b;
    if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
    if (a instanceof Tuple && b instanceof Tuple) return new Tuple([...a.items, ...b.items]);
  }
  if (operator === "*") {
    const repeated = repeat(a, asNumber(b)) ?? repeat(b, asNumber(a));
    if (repeated !== null) return repeated;
  }
  const [left, right] = [asNumber(a), asNumber(b)];
  if (left === null || right === null) {
    throw new Error(`it calculates ${typeName(a)} ${operator} ${typeName(b)}`);
  }
  const areIntegers = typeof left === "bigint" && typeof right === "bigint";
  if (areIntegers && operator !== "/" && !(operator === "**" && right < 0n)) {
    return bounded(calculateIntegers(operator, left, right));
  }
  return calculateFloats(operator, Number(left), Number(right));
}

/** A text or a list so many times; null where it is neither, or not so many. */
function repeat(value: Value, times: bigint | number | null): Value | null {
  if (typeof times !== "bigint") return null;
  const count = Math.max(0, Number(times));
  const bound = (length: number) => {
    if (length * count > LENGTH_LIMIT) {
      throw new Error(`it makes a value larger than ${LENGTH_LIMIT} characters`);
    }
  };
  if (typeof value === "string") {
    bound(value.length);
    return value.repeat(count);
  }
  const items = value instanceof Tuple ? value.items : Array.isArray(value) ? value : null;
  if (items === null) return null;
  bound(items.length);
  const repeated = Array.from({ length: count }, () => items).flat();
  return value instanceof Tuple ? new Tuple(repeated) : repeated;
}

function bounded(value: bigint): bigint {
  if (BigInt.asIntN(BIT_LIMIT, value) === value) return value;
  throw new Error("it makes a number that is too large");
}

function calculateIntegers(operator: string, a: bigint, b: bigint): bigint {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "**":
      if (b > BIT_LIMIT && a * a > 1n) throw new Error("it makes a number that is too large");
      return a ** b;
  }
  if (b === 0n) throw new Error("it divides by zero");
  const remainder = ((a % b) + b) % b;
  return operator === "%" ? remainder : (a - remainder) / b;
}

function calculateFloats(operator: string, a: number, b: number): number {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "**":
      return power(a, b);
  }
  if (b === 0) throw new Error("it divides by zero");
  if (operator === "/") return a / b;
  const remainder = a % b;
  const modulo = remainder !== 0 && (remainder < 0) !== (b < 0) ? remainder + b : remainder;
  return operator === "%" ? modulo : Math.floor((a - modulo) / b + 0.5);
}

/** Python has an error, or a complex number, where JavaScript has infinity or none. */
function power(a: number, b: number): number {
  const result = a ** b;
  if (!Number.isFinite(result) && Number.isFinite(a) && Number.isFinite(b)) {
    throw new Error(`it raises ${a} to the power of ${b}`);
  }
  return result;
}

/** A number with a sign before it. */
export function signed(operator: "-" | "+", value: Value): Value {
  const number = asNumber(value);
  if (number === null) throw new Error(`it calculates ${operator}${typeName(value)}`);
  return operator === "-" ? -number : number;
}

/** Whether a comparison holds. */
export function holds(operator: string, a: Value, b: Value): boolean {
  switch (operator) {
    case "==":
      return isEqual(a, b);
    case "!=":
      return !isEqual(a, b);
    case "in":
      return contains(b, a);
    case "not in":
      return !contains(b, a);
    case "<":
      return compare(a, b) < 0;
    case "<=":
      return compare(a, b) <= 0;
    case ">":
      return compare(a, b) > 0;
    default:
      return compare(a, b) >= 0;
  }
}

/** Whether a value is in another: part of a text, item of a list, key of a mapping. */
export function contains(whole: Value, part: Value): boolean {
  if (typeof whole === "string") {
    if (typeof part === "string") return whole.includes(part);
    throw new Error(`it looks for ${typeName(part)} in a string`);
  }
  if (isMapping(whole)) return keyIn(whole, part) !== undefined;
  if (whole instanceof Stream) {
    // What has been looked at is gone.
    for (let item = whole.next(); item !== undefined; item = whole.next()) {
      if (isEqual(item, part)) return true;
    }
    return false;
  }
  return itemsOf(whole).some((item) => isEqual(item, part));
}

/** The item at a key or position; undefined where there is none. */
export function itemAt(object: Value, key: Value): Value | undefined {
  if (isMapping(object)) {
    const known = canBeKey(key) ? keyIn(object, key) : undefined;
    return known === undefined ? undefined : object.get(known);
  }
  if (!isSequence(object) || asNumber(key) === null || typeof key === "number") return undefined;
  const items = itemsOf(object);
  const index = asIndex(key);
  return items[index < 0 ? index + items.length : index];
}

/** The part of a text or list between bounds. */
export function sliceOf(object: Value, bounds: readonly (Value | undefined)[]): Value {
  if (!isSequence(object)) throw new Error(`it takes a part of ${typeName(object)}`);
  const items = itemsOf(object);
  const [start, stop, by] = bounds.map((bound) =>
    bound === undefined || bound === null ? null : asIndex(bound)
  );
  const step = by ?? 1;
  if (step === 0) throw new Error("it takes parts in steps of zero");
  const { length } = items;
  const [least, most] = step > 0 ? [0, length] : [-1, length - 1];
  const clamp = (bound: number | null, otherwise: number) =>
    bound === null
      ? otherwise
      : Math.min(most, Math.max(least, bound < 0 ? bound + length : bound));
  const [from, to] = [clamp(start, step > 0 ? 0 : most), clamp(stop, step > 0 ? length : -1)];
  if (object instanceof Range) return object.slice(from, to, step);
  const result: Value[] = [];
  for (let at = from; step > 0 ? at < to : at > to; at += step) result.push(items[at]);
  if (typeof object === "string") return result.join("");
  return object instanceof Tuple ? new Tuple(result) : result;
}

/** The sum of values, as `sum` makes it. */
export function sumOf(values: readonly Value[], start: Value): Value {
  if (typeof start === "string") throw new Error("it sums up texts, which join() puts together");
  return values.reduce((sum, value) => calculate("+", sum, value), start);
}

/** The first value that is true, or the last one; `and` and `or` give values, not truths. */
export function isDecided(operator: string, value: Value): boolean {
  return isTrue(value) === (operator === "or");
}
