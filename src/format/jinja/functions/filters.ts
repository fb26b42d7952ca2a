/** What can stand behind `|`. */

import { type Filter, Given } from "./calls.ts";
import { formatPercent } from "../values/formatting.ts";
import { LIST_FILTERS } from "./list_filters.ts";
import { NUMBER_FILTERS } from "./number_filters.ts";
import { BLANKS, trimmedEnds, withBlanks } from "../values/blanks.ts";
import { Stream } from "../values/series.ts";
import { methodOf } from "./methods.ts";
import { LINE_BREAK, replaceText, titleCase, trimmed } from "./string_methods.ts";
import {
  asIndex,
  asNumber,
  asText,
  type Call,
  compare,
  isMapping,
  isTrue,
  itemsOf,
  Markup,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from "../values/values.ts";
import { jsonOf, sourceOf, textOf } from "../values/writing.ts";

/** Largest text that one filter may make, in characters. */
const LENGTH_LIMIT = 2 ** 26;

/** The filters by name. */
export const FILTERS: Readonly<Record<string, Filter>> = {
  ...LIST_FILTERS,
  ...NUMBER_FILTERS,
  attr: (value, call, { attribute }) => {
    const name = new Given("attr", ["name"], call).required("name");
    if (!isMapping(value)) return attribute(value, name);
    return methodOf(value, textOf(name)) ?? new Undefined(textOf(name));
  },
  capitalize: (value) => {
    const [first = "", ...rest] = textOf(value);
    return titleCase(first) + rest.join("").toLowerCase();
  },
  center: (value, call) => {
    const width = asIndex(new Given("center", ["width"], call).or("width", 80n));
    const text = textOf(value);
    const missing = Math.max(0, Math.min(width, 2 ** 16) - Array.from(text).length);
    const before = Math.floor(missing / 2) + (missing & width & 1);
    return " ".repeat(before) + text + " ".repeat(missing - before);
  },
  d: withDefault,
  default: withDefault,
  e: (value) => value instanceof Markup ? value : escapeHtml(value),
  escape: (value) => value instanceof Markup ? value : escapeHtml(value),
  forceescape: escapeHtml,
  format: (value, { positional, named }) => {
    if (named.size > 0 && positional.length > 0) throw new Error("format gets both kinds");
    const values = named.size > 0 ? new Map<Value, Value>(named) : new Tuple(positional);
    return formatPercent(textOf(value), values);
  },
  indent,
  length: lengthOf,
  count: lengthOf,
  lower: keepingMarkup((value) => textOf(value).toLowerCase()),
  upper: keepingMarkup((value) => textOf(value).toUpperCase()),
  pprint: prettyPrint,
  replace: (value, call) => {
    const given = new Given("replace", ["old", "new", "count"], call);
    const [old, by] = ["old", "new"].map((name) => textOf(given.required(name)));
    const count = given.or("count", null);
    return replaceText(textOf(value), old, by, count === null ? -1 : asIndex(count));
  },
  safe: (value) => new Markup(textOf(value)),
  string: (value) => value instanceof Markup ? value : textOf(value),
  striptags: (value) => {
    const text = trimmedEnds(
      textOf(value).replace(/<!--[^]*?-->|<[^>]*>/g, "").replace(withBlanks(/\s+/g), " "),
    );
    if (/&[#\w]/.test(text)) throw new Error("striptags gets HTML with entities");
    return text;
  },
  title: (value) =>
    textOf(value).replace(new RegExp(`[^-${BLANKS}({[<]+`, "g"), (word) => {
      const [first, ...rest] = word;
      return first.toUpperCase() + rest.join("").toLowerCase();
    }),
  tojson: toJson,
  trim: keepingMarkup((value, call) =>
    trimmed(textOf(value), new Given("trim", ["chars"], call).or("chars", null), true, true)
  ),
  truncate,
  urlencode: (value) =>
    isMapping(value)
      ? [...value].map((entry) => entry.map(quotedInQuery).join("=")).join("&")
      : quoted(value),
  wordcount: (value) => BigInt(textOf(value).match(/[\p{L}\p{N}_\p{M}]+/gu)?.length ?? 0),
};

/** A value as a part of an address. */
function quoted(value: Value): string {
  return encodeURIComponent(textOf(value)).replaceAll("%2F", "/")
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A value as a part of what stands behind the `?` of an address. */
function quotedInQuery(value: Value): string {
  return quoted(value).replaceAll("/", "%2F").replaceAll("%20", "+");
}

function withDefault(value: Value, call: Call): Value {
  const given = new Given("default", ["default_value", "boolean"], call);
  const isMissing = value instanceof Undefined ||
    (isTrue(given.or("boolean", false)) && !isTrue(value));
  return isMissing ? given.or("default_value", "") : value;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
};

function escapeHtml(value: Value): Markup {
  return new Markup(textOf(value).replace(/[&<>"']/g, (character) => ENTITIES[character]));
}

/** Escaped texts stay so. */
function keepingMarkup(change: (value: Value, call: Call) => string): Filter {
  return (value, call) => {
    const text = change(value, call);
    return value instanceof Markup ? new Markup(text) : text;
  };
}

/** Longest line of `pprint`. */
const LINE_WIDTH = 80;

/** Python's notation with the keys of mappings in order; what takes several lines is refused. */
function prettyPrint(value: Value): string {
  const text = sourceOf(withSortedKeys(value));
  if (Array.from(text).length > LINE_WIDTH) throw new Error("pprint makes more than one line");
  return text;
}

function withSortedKeys(value: Value): Value {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (value instanceof Tuple) return new Tuple(value.items.map(withSortedKeys));
  if (!isMapping(value)) return value;
  const entries = [...value].toSorted(([a], [b]) => compare(a, b));
  return new Map(entries.map(([key, item]) => [key, withSortedKeys(item)]));
}

function lengthOf(value: Value): bigint {
  if (isMapping(value)) return BigInt(value.size);
  if (value instanceof Markup) value = value.text;
  if (asNumber(value) !== null || value instanceof Stream) {
    throw new Error(`length gets ${typeName(value)}`);
  }
  return BigInt(itemsOf(value).length);
}

function indent(value: Value, call: Call): string {
  const given = new Given("indent", ["width", "first", "blank"], call);
  const width = given.or("width", 4n);
  const blanks = typeof width === "string" ? width : blanksOf(asIndex(width));
  const [first, ...rest] = asText(value, "what is indented").split(LINE_BREAK);
  const indentsBlank = isTrue(given.or("blank", false));
  const size = (rest.length + 1) * blanks.length;
  if (size > LENGTH_LIMIT) throw new Error(`indent makes ${size} blanks`);
  const lines = rest.map((line) => line === "" && !indentsBlank ? line : blanks + line);
  return (isTrue(given.or("first", false)) ? blanks : "") + [first, ...lines].join("\n");
}

function blanksOf(count: number): string {
  if (count > LENGTH_LIMIT) throw new Error(`indent makes ${count} blanks`);
  return " ".repeat(Math.max(0, count));
}

function toJson(value: Value, call: Call): string {
  const given = new Given(
    "tojson",
    ["ensure_ascii", "indent", "separators", "sort_keys"],
    call,
  );
  const indent = given.or("indent", null);
  const blanks = indent === null || typeof indent === "string" ? indent : blanksOf(asIndex(indent));
  const separators = given.or("separators", null);
  const [item, key] = separators === null
    ? [blanks === null ? ", " : ",", ": "]
    : itemsOf(separators).map((separator) => asText(separator, "a separator"));
  return jsonOf(value, {
    indent: blanks,
    separators: [item, key],
    asciiOnly: isTrue(given.or("ensure_ascii", false)),
    sortsKeys: isTrue(given.or("sort_keys", false)),
  });
}

function truncate(value: Value, call: Call): Value {
  const given = new Given("truncate", ["length", "killwords", "end", "leeway"], call);
  const [length, leeway] = [
    asIndex(given.or("length", 255n)),
    asIndex(given.or("leeway", null) ?? 5n),
  ];
  const end = textOf(given.or("end", "..."));
  const characters = Array.from(textOf(value));
  const kept = length - Array.from(end).length;
  if (kept < 0 || leeway < 0) throw new Error("truncate gets a length below that of its end");
  if (typeof value !== "string") {
    if (lengthOf(value) <= length + leeway) return value;
    throw new Error(`truncate gets ${typeName(value)}`);
  }
  if (characters.length <= length + leeway) return value;
  const start = characters.slice(0, kept).join("");
  if (isTrue(given.or("killwords", false))) return start + end;
  const space = start.lastIndexOf(" ");
  return (space < 0 ? start : start.slice(0, space)) + end;
}
