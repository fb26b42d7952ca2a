/** Filters that go through the items of a value. */

import { type Filter, type FilterContext, Given } from "./calls.ts";
import { sumOf } from "../values/operators.ts";
import { Stream } from "../values/series.ts";
import {
  asIndex,
  type Call,
  canBeKey,
  compare,
  isEqual,
  isMapping,
  isTrue,
  itemOr,
  itemsOf,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from "../values/values.ts";
import { textOf } from "../values/writing.ts";

/** Largest number of items that filling up makes. */
const ITEM_LIMIT = 2 ** 16;

/** The filters by name. */
export const LIST_FILTERS: Readonly<Record<string, Filter>> = {
  list: (value) => itemsOf(value),
  first: (value) =>
    value instanceof Stream
      ? value.next() ?? new Undefined("the first item of nothing")
      : itemOr(itemsOf(value), 0, "the first item of nothing"),
  last: (value) => {
    if (value instanceof Stream) throw new Error(`last gets ${typeName(value)}`);
    return itemOr(itemsOf(value).toReversed(), 0, "the last item of nothing");
  },
  items: streaming(function* (value) {
    if (value instanceof Undefined) return;
    if (!isMapping(value)) throw new Error(`items gets ${typeName(value)}`);
    for (const entry of value) yield new Tuple(entry);
  }),
  reverse: (value) => {
    const reversed = itemsOf(value).toReversed();
    if (typeof value === "string") return reversed.join("");
    return value instanceof Stream ? reversed : new Stream(reversed);
  },
  join: (value, call, context) => {
    const given = new Given("join", ["d", "attribute"], call);
    const read = reader(given.or("attribute", null), context);
    return itemsOf(value).map((item) => textOf(read(item))).join(textOf(given.or("d", "")));
  },
  sum: (value, call, context) => {
    const given = new Given("sum", ["attribute", "start"], call);
    const read = reader(given.or("attribute", null), context);
    return sumOf(itemsOf(value).map(read), given.or("start", 0n));
  },
  min: (value, call, context) => extreme(value, call, context, -1),
  max: (value, call, context) => extreme(value, call, context, 1),
  sort: (value, call, context) => {
    const given = new Given("sort", ["reverse", "case_sensitive", "attribute"], call);
    const attribute = given.or("attribute", null);
    const keys = (typeof attribute === "string" ? attribute.split(",") : [attribute])
      .map((one) => sortKey(one, isTrue(given.or("case_sensitive", false)), context));
    // In a list, values that are equal need no order.
    const key = (item: Value) => keys.map((read) => read(item));
    return sorted(itemsOf(value), key, isTrue(given.or("reverse", false)));
  },
  dictsort: (value, call, context) => {
    const given = new Given("dictsort", ["case_sensitive", "by", "reverse"], call);
    if (!isMapping(value)) throw new Error(`dictsort gets ${typeName(value)}`);
    const by = given.or("by", "key");
    if (by !== "key" && by !== "value") throw new Error("dictsort gets an unknown order");
    const position = by === "value" ? 1n : 0n;
    const key = sortKey(position, isTrue(given.or("case_sensitive", false)), context);
    const entries = [...value].map((entry) => new Tuple(entry));
    return sorted(entries, key, isTrue(given.or("reverse", false)));
  },
  groupby: (value, call, context) => {
    const given = new Given("groupby", ["attribute", "default", "case_sensitive"], call);
    const attribute = given.required("attribute");
    const otherwise = given.or("default", null);
    const read = reader(attribute, context, otherwise);
    const key = (item: Value) => foldCase(read(item), isTrue(given.or("case_sensitive", false)));
    const groups: { key: Value; items: Value[] }[] = [];
    for (const item of sorted(itemsOf(value), key, false)) {
      const group = groups.at(-1);
      if (group !== undefined && isEqual(group.key, key(item))) group.items.push(item);
      else groups.push({ key: key(item), items: [item] });
    }
    return groups.map(({ items }) => new Tuple([read(items[0]), items], ["grouper", "list"]));
  },
  unique: streaming(function* (value, call, context) {
    const given = new Given("unique", ["case_sensitive", "attribute"], call);
    const key = sortKey(
      given.or("attribute", null),
      isTrue(given.or("case_sensitive", false)),
      context,
    );
    const seen: Value[] = [];
    for (const item of eachOf(value)) {
      const own = key(item);
      if (!canBeKey(own)) throw new Error(`unique gets ${typeName(own)}`);
      if (seen.some((other) => isEqual(other, own))) continue;
      seen.push(own);
      yield item;
    }
  }),
  map: streaming(function* (value, call, context) {
    if (!isTrue(value)) return;
    const change = mapping(call, context);
    for (const item of eachOf(value)) yield change(item);
  }),
  select: choosing(false, true),
  reject: choosing(false, false),
  selectattr: choosing(true, true),
  rejectattr: choosing(true, false),
  batch: streaming(function* (value, call) {
    const given = new Given("batch", ["linecount", "fill_with"], call);
    const size = positive(given.required("linecount"));
    const filling = given.or("fill_with", null);
    const items = itemsOf(value);
    for (let start = 0; start < items.length; start += size) {
      const row = items.slice(start, start + size);
      yield filling === null ? row : filled(row, size, filling);
    }
  }),
  slice: streaming(function* (value, call) {
    const given = new Given("slice", ["slices", "fill_with"], call);
    const count = positive(given.required("slices"));
    const items = itemsOf(value);
    const [size, extra] = [Math.floor(items.length / count), items.length % count];
    const filling = given.or("fill_with", null);
    for (let index = 0; index < count; index++) {
      const start = index * size + Math.min(index, extra);
      const part = items.slice(start, start + size + (index < extra ? 1 : 0));
      yield filling !== null && index >= extra ? [...part, filling] : part;
    }
  }),
};

/** A filter that gives its items one by one, when they are asked for. */
function streaming(
  run: (value: Value, call: Call, context: FilterContext) => Generator<Value>,
): Filter {
  return (value, call, context) => new Stream(run(value, call, context));
}

/** The items of a value, of a stream one by one. */
function* eachOf(value: Value): Generator<Value> {
  if (!(value instanceof Stream)) return yield* itemsOf(value);
  for (let item = value.next(); item !== undefined; item = value.next()) yield item;
}

function positive(value: Value): number {
  const count = asIndex(value);
  if (count >= 1 && count <= ITEM_LIMIT) return count;
  throw new Error(`it makes ${count} parts`);
}

function filled(row: readonly Value[], size: number, filling: Value): Value[] {
  return [...row, ...Array.from({ length: size - row.length }, () => filling)];
}

/** Reads an attribute of items, through dots as well; without one, the item itself. */
function reader(
  attribute: Value,
  context: FilterContext,
  otherwise: Value = null,
): (item: Value) => Value {
  if (attribute === null) return (item) => item;
  const parts: Value[] = typeof attribute === "string"
    ? attribute.split(".").map((part) => /^\d+$/.test(part) ? BigInt(part) : part)
    : [attribute];
  return (item) =>
    parts.reduce((value, part) => {
      const read = context.attribute(value, part);
      return read instanceof Undefined && otherwise !== null ? otherwise : read;
    }, item);
}

/** Texts that differ in case alone are the same. */
function foldCase(value: Value, isCaseSensitive: boolean): Value {
  return typeof value === "string" && !isCaseSensitive ? value.toLowerCase() : value;
}

function sortKey(
  attribute: Value,
  isCaseSensitive: boolean,
  context: FilterContext,
): (item: Value) => Value {
  const read = reader(attribute, context);
  return (item) => foldCase(read(item), isCaseSensitive);
}

function sorted(
  items: readonly Value[],
  key: (item: Value) => Value,
  isReversed: boolean,
): Value[] {
  const keyed = items.map((item) => ({ item, key: key(item) }));
  const sign = isReversed ? -1 : 1;
  return keyed.toSorted((a, b) => sign * compare(a.key, b.key)).map(({ item }) => item);
}

function extreme(value: Value, call: Call, context: FilterContext, sign: number): Value {
  const given = new Given("min", ["case_sensitive", "attribute"], call);
  const key = sortKey(
    given.or("attribute", null),
    isTrue(given.or("case_sensitive", false)),
    context,
  );
  const items = itemsOf(value);
  if (items.length === 0) return new Undefined("an item of nothing");
  return items.reduce((best, item) => sign * compare(key(item), key(best)) > 0 ? item : best);
}

function mapping({ positional, named }: Call, context: FilterContext): (item: Value) => Value {
  if (positional.length === 0) {
    const attribute = named.get("attribute");
    if (attribute === undefined) throw new Error("map gets neither a filter nor an attribute");
    return reader(attribute, context, named.get("default") ?? null);
  }
  const [name, ...rest] = positional;
  return (item) => context.filter(textOf(name), item, { positional: rest, named });
}

/**
 * A filter for the items that pass a test, or those that do not; it finds nothing in None, zero and
 * all else that counts as false.
 */
function choosing(hasAttribute: boolean, keepsPassing: boolean): Filter {
  return streaming(function* (value, { positional, named }, context) {
    if (!isTrue(value)) return;
    const read = reader(hasAttribute ? positional[0] ?? null : null, context);
    const [name, ...rest] = positional.slice(hasAttribute ? 1 : 0);
    const passes = (item: Value) =>
      name === undefined
        ? isTrue(item)
        : context.test(textOf(name), item, { positional: rest, named });
    for (const item of eachOf(value)) if (passes(read(item)) === keepsPassing) yield item;
  });
}
