/** The values of a template, as Python has them, and how they are written, compared and read. */

import { isExactNumber, valueOfExact } from "../../exact_numbers.ts";
import { Range, Stream, View } from "./series.ts";

/**
 * A value. Integers are `bigint`, floats are `number`; mappings keep their order. No value is ever
 * changed, except for namespaces, and for streams, which come to their end.
 */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | readonly Value[]
  | Tuple
  | ReadonlyMap<Value, Value>
  | Stream<Value>
  | View<Value>
  | Range
  | Markup
  | Namespace
  | Callable
  | Undefined;

/** A tuple. */
export class Tuple {
  /** Its items. */
  readonly items: readonly Value[];
  /** Names of the items, where they have some. */
  readonly names: readonly string[];

  /** A tuple of the items. */
  constructor(items: readonly Value[], names: readonly string[] = []) {
    this.items = items;
    this.names = names;
  }
}

/** A text that counts as escaped, which `escape` and `safe` give. */
export class Markup {
  /** The text. */
  readonly text: string;

  /** The text, as escaped. */
  constructor(text: string) {
    this.text = text;
  }
}

/** What a template can assign properties to. */
export class Namespace {
  /** Its properties. */
  readonly properties: Map<Value, Value>;

  /** A namespace with these properties. */
  constructor(properties: Map<Value, Value>) {
    this.properties = properties;
  }
}

/** What stands for a name that has no value: empty text, and an error where more is asked of it. */
export class Undefined {
  /** What was asked for, for the message. */
  readonly what: string;

  /** An undefined value of this name. */
  constructor(what: string) {
    this.what = what;
  }
}

/** What the arguments of a call are. */
export interface Call {
  positional: readonly Value[];
  named: ReadonlyMap<string, Value>;
}

/** What can be called, and may have properties. */
export class Callable {
  /** Runs a call. */
  readonly call: (call: Call) => Value;
  /** Its properties. */
  readonly properties: ReadonlyMap<string, Value>;

  /** A callable that runs this. */
  constructor(call: (call: Call) => Value, properties: ReadonlyMap<string, Value> = new Map()) {
    this.call = call;
    this.properties = properties;
  }
}

/** The value of plain data: JSON, as messages are given, with exact numbers where it has them. */
export function fromData(data: unknown): Value {
  if (data === null || typeof data === "string" || typeof data === "boolean") return data;
  if (typeof data === "number") return Number.isSafeInteger(data) ? BigInt(data) : data;
  if (typeof data === "bigint") return data;
  if (Array.isArray(data)) return data.map(fromData);
  if (isExactNumber(data)) return valueOfExact(data);
  if (data === undefined) return new Undefined("a variable");
  return new Map(Object.entries(data).map(([key, value]) => [key, fromData(value)]));
}

/** The name of a value's type, for messages. */
export function typeName(value: Value): string {
  if (value === null) return "None";
  if (isMapping(value)) return "a mapping";
  if (Array.isArray(value)) return "a list";
  if (value instanceof Tuple) return "a tuple";
  if (value instanceof Stream) return "what a filter gives item by item";
  if (value instanceof View) return `what ${value.name.slice(5)}() gives`;
  if (value instanceof Range) return "a range";
  if (value instanceof Markup) return "an escaped text";
  if (value instanceof Undefined) return `${value.what}, which is undefined`;
  if (value instanceof Namespace) return "a namespace";
  if (value instanceof Callable) return "a function";
  const names: Record<string, string> = {
    boolean: "a boolean",
    bigint: "an integer",
    number: "a float",
    string: "a string",
  };
  return names[typeof value];
}

/** Whether the value is a mapping. */
export function isMapping(value: Value): value is ReadonlyMap<Value, Value> {
  return value instanceof Map;
}

/** Whether the value counts as true. */
export function isTrue(value: Value): boolean {
  if (value === null || value instanceof Undefined) return false;
  if (value instanceof Tuple || value instanceof View) return value.items.length > 0;
  if (value instanceof Range) return value.length > 0;
  if (value instanceof Markup) return value.text !== "";
  if (isMapping(value)) return value.size > 0;
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === "object") return true;
  return Boolean(value);
}

/** A number for what counts as one: booleans do. */
export function asNumber(value: Value): bigint | number | null {
  if (typeof value === "boolean") return value ? 1n : 0n;
  return typeof value === "bigint" || typeof value === "number" ? value : null;
}

/** A small integer, for positions and counts. */
export function asIndex(value: Value, what = "a position"): number {
  const number = asNumber(value);
  if (typeof number === "bigint") return Number(number);
  throw new Error(`${what} is ${typeName(value)}, where an integer is expected`);
}

/**
 * The bounds of a range of so many items as Python takes them: negative ones count from the end, and none are the
 * first and the last. The start may be behind the end.
 */
export function boundsOf(length: number, start: Value, end: Value): [start: number, end: number] {
  const at = (bound: Value, otherwise: number) => {
    const index = bound === null ? otherwise : asIndex(bound);
    return index < 0 ? Math.max(0, index + length) : index;
  };
  return [at(start, 0), Math.min(length, at(end, length))];
}

/** A string, or an error that says what it is for. */
export function asText(value: Value, what: string): string {
  if (typeof value === "string") return value;
  throw new Error(`${what} is ${typeName(value)}, where a string is expected`);
}

/** The items that a loop goes through: characters of a string, keys of a mapping. */
export function itemsOf(value: Value): readonly Value[] {
  if (typeof value === "string") return Array.from(value);
  if (Array.isArray(value)) return value;
  if (value instanceof Tuple || value instanceof View || value instanceof Range) return value.items;
  if (value instanceof Stream) return value.rest();
  if (isMapping(value)) return [...value.keys()];
  if (value instanceof Undefined) return [];
  throw new Error(`it goes through ${typeName(value)}, which has no items`);
}

/** Whether it has positions: texts, lists, tuples and ranges do. */
export function isSequence(value: Value): value is string | readonly Value[] | Tuple | Range {
  return typeof value === "string" || Array.isArray(value) || value instanceof Tuple ||
    value instanceof Range;
}

/**
 * The key that a mapping has for a value: numbers and truths that are equal are one key, and so are
 * tuples of equal items. Undefined where it has none.
 *
 * @throws {Error} when the value cannot be a key.
 */
export function keyIn(mapping: ReadonlyMap<Value, Value>, key: Value): Value | undefined {
  if (!canBeKey(key)) throw new Error(`a key of a mapping is ${typeName(key)}`);
  if (mapping.has(key)) return key;
  if (asNumber(key) === null && !(key instanceof Tuple)) return undefined;
  return [...mapping.keys()].find((other) => isEqual(other, key));
}

/** Whether a mapping could have the value as a key. */
export function canBeKey(value: Value): boolean {
  if (value instanceof Tuple) return value.items.every(canBeKey);
  return !Array.isArray(value) && !isMapping(value);
}

/** A mapping of entries; of equal keys the first one stays, with the last value. */
export function mappingOf(entries: Iterable<readonly [Value, Value]>): Map<Value, Value> {
  const mapping = new Map<Value, Value>();
  for (const [key, value] of entries) mapping.set(keyIn(mapping, key) ?? key, value);
  return mapping;
}

/** An item; undefined, with what it was to be, where there is none. */
export function itemOr(items: readonly Value[], index: number, what: string): Value {
  const item = items[index];
  return item === undefined ? new Undefined(what) : item;
}

/** Whether two values are equal. */
export function isEqual(a: Value, b: Value): boolean {
  const [left, right] = [asNumber(a), asNumber(b)];
  // deno-lint-ignore eqeqeq -- a bigint and a number of the same value are equal
  if (left !== null && right !== null) return left == right;
  if (a instanceof Markup || b instanceof Markup) return plain(a) === plain(b);
  if (a instanceof Range && b instanceof Range) return areEqual(a.items, b.items);
  if (a instanceof Undefined && b instanceof Undefined) return true;
  if (Array.isArray(a) && Array.isArray(b)) return areEqual(a, b);
  if (a instanceof Tuple && b instanceof Tuple) return areEqual(a.items, b.items);
  if (isMapping(a) && isMapping(b)) {
    return a.size === b.size &&
      [...a].every(([key, value]) => {
        const other = keyIn(b, key);
        return other !== undefined && isEqual(value, b.get(other)!);
      });
  }
  return a === b;
}

function plain(value: Value): Value {
  return value instanceof Markup ? value.text : value;
}

function areEqual(a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
}

/** Below zero where `a` comes first, above where `b` does; throws where they have no order. */
export function compare(a: Value, b: Value): number {
  const [left, right] = [asNumber(a), asNumber(b)];
  if (left !== null && right !== null) return left < right ? -1 : left > right ? 1 : 0;
  if (typeof a === "string" && typeof b === "string") return compareTexts(a, b);
  const items = [a, b].map((value) => value instanceof Tuple ? value.items : value);
  if (Array.isArray(items[0]) && Array.isArray(items[1]) && Array.isArray(a) === Array.isArray(b)) {
    const [first, second] = items as (readonly Value[])[];
    const at = first.findIndex((item, index) =>
      index >= second.length || !isEqual(item, second[index])
    );
    if (at < 0) return first.length - second.length;
    return at >= second.length ? 1 : compare(first[at], second[at]);
  }
  throw new Error(`it compares ${typeName(a)} with ${typeName(b)}`);
}

/** By code points, not by UTF-16 units. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  const [first, second] = [Array.from(a), Array.from(b)];
  const at = first.findIndex((character, index) => character !== second[index]);
  if (at < 0) return -1;
  return (first[at].codePointAt(0)!) - (second[at]?.codePointAt(0) ?? -1);
}
