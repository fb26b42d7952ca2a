/** The names that chat templates find defined, beside those that the caller sets. */

import { type Budget, ITEM_SIZE } from "../budget.ts";
import { Given } from "./calls.ts";
import { Range } from "../values/series.ts";
import { formatDate } from "../values/strftime.ts";
import {
  asIndex,
  asText,
  type Call,
  Callable,
  isMapping,
  itemsOf,
  mappingOf,
  Namespace,
  type Value,
} from "../values/values.ts";
import { textOf } from "../values/writing.ts";

/** The functions, by name; what they make counts against the budget. */
export function globalsFor(budget: Budget): Map<string, Value> {
  const functions: Record<string, (call: Call) => Value> = {
    range: (call) => range(call, budget.limits.size),
    dict: dictionary,
    namespace: (call) => {
      const properties = dictionary(call);
      for (const name of properties.keys()) requirePublic(name);
      return new Namespace(properties);
    },
    raise_exception: (call) => {
      const message = new Given("raise_exception", ["message"], call).or("message", "");
      throw new Error(`it says: ${textOf(message)}`);
    },
    strftime_now: (call) => {
      const format = new Given("strftime_now", ["format"], call).required("format");
      return formatDate(asText(format, "the format of a date"), new Date());
    },
    cycler: cycler,
    joiner: (call) => {
      const separator = new Given("joiner", ["sep"], call).or("sep", ", ");
      let isUsed = false;
      return new Callable(() => isUsed ? separator : (isUsed = true, ""));
    },
  };
  return new Map(
    Object.entries(functions).map(([name, run]) => [name, new Callable(run)]),
  );
}

/** Properties of namespaces do not begin with an underscore; throws an Error for one that does. */
export function requirePublic(name: Value): void {
  if (typeof name === "string" && name.startsWith("_")) {
    throw new Error(`a namespace gets the property ${name}`);
  }
}

function range({ positional }: Call, limit: number): Range {
  const numbers = positional.map((value) => asIndex(value, "a bound of range()"));
  if (numbers.length < 1 || numbers.length > 3) throw new Error("range() takes 1 to 3 numbers");
  const [start, stop, step = 1] = numbers.length === 1 ? [0, numbers[0]] : numbers;
  const numbersOf = new Range(start, stop, step);
  const { length } = numbersOf;
  if (!Number.isSafeInteger(length) || length * ITEM_SIZE > limit) {
    throw new Error(`range() makes ${length} numbers`);
  }
  return numbersOf;
}

function dictionary({ positional, named }: Call): Map<Value, Value> {
  if (positional.length > 1) throw new Error("dict() takes one mapping and names");
  const entries = positional.flatMap((source) =>
    isMapping(source) ? [...source] : itemsOf(source).map(entryOf)
  );
  return mappingOf([...entries, ...named]);
}

function entryOf(item: Value): [Value, Value] {
  const [key, value, ...rest] = itemsOf(item);
  if (value === undefined || rest.length > 0) throw new Error("dict() gets no pair");
  return [key, value];
}

function cycler({ positional }: Call): Value {
  if (positional.length === 0) throw new Error("cycler gets nothing");
  let position = 0;
  const properties = new Map<string, Value>([["current", positional[0]]]);
  const moveTo = (next: number) => {
    position = next % positional.length;
    properties.set("current", positional[position]);
  };
  const next = () => {
    const current = positional[position];
    moveTo(position + 1);
    return current;
  };
  const reset = () => {
    moveTo(0);
    return null;
  };
  properties.set("next", new Callable(next)).set("reset", new Callable(reset));
  return new Callable(() => {
    throw new Error("it calls a cycler, which has next()");
  }, properties);
}
