/** The methods of Python's strings, lists and mappings that templates call. */

import { View } from "../values/series.ts";
import {
  boundsOf,
  Callable,
  isEqual,
  isMapping,
  keyIn,
  Tuple,
  type Value,
} from "../values/values.ts";
import { Given, type Methods } from "./calls.ts";
import { STRING_METHODS } from "./string_methods.ts";

/**
 * The method of an object, or null. Those that would change a list or a mapping are not there: the
 * values of a template do not change.
 */
export function methodOf(object: Value, name: string): Callable | null {
  const bind = <T>(methods: Methods<T>, self: T) =>
    Object.hasOwn(methods, name) ? new Callable((call) => methods[name](self, call)) : null;
  if (typeof object === "string") return bind(STRING_METHODS, object);
  if (isMapping(object)) return bind(MAPPING_METHODS, object);
  if (Array.isArray(object)) return bind(LIST_METHODS, object);
  return object instanceof Tuple ? bind(LIST_METHODS, object.items) : null;
}

const LIST_METHODS: Methods<readonly Value[]> = {
  copy: (list) => list,
  count: (list, call) => {
    const sought = new Given("count", ["value"], call).required("value");
    return BigInt(list.filter((item) => isEqual(item, sought)).length);
  },
  index: (list, call) => {
    const given = new Given("index", ["value", "start", "stop"], call);
    const sought = given.required("value");
    const [start, stop] = boundsOf(list.length, given.or("start", 0n), given.or("stop", null));
    const at = list.findIndex((item, i) => i >= start && i < stop && isEqual(item, sought));
    if (at < 0) throw new Error("index finds no such item");
    return BigInt(at);
  },
};

const MAPPING_METHODS: Methods<ReadonlyMap<Value, Value>> = {
  copy: (mapping) => mapping,
  get: (mapping, call) => {
    const given = new Given("get", ["key", "default"], call);
    const key = keyIn(mapping, given.required("key"));
    return key === undefined ? given.or("default", null) : mapping.get(key)!;
  },
  items: (mapping) => new View("dict_items", [...mapping].map((entry) => new Tuple(entry))),
  keys: (mapping) => new View("dict_keys", [...mapping.keys()]),
  values: (mapping) => new View("dict_values", [...mapping.values()]),
};
