/** How values are written: as text, as Python's source and as JSON. */

import { Range, View } from "./series.ts";
import {
  compare,
  isMapping,
  Markup,
  Namespace,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

/** The text of a value, as `str()` gives it. */
export function textOf(value: Value): string {
  if (typeof value === "string") return value;
  if (value instanceof Markup) return value.text;
  return value instanceof Undefined ? "" : sourceOf(value);
}

/** The value in Python's own notation, as `repr()` gives it. */
export function sourceOf(value: Value): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return floatText(value);
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return `[${value.map(sourceOf).join(", ")}]`;
  if (value instanceof Tuple) {
    const items = value.items.map(sourceOf);
    return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
  }
  if (isMapping(value)) {
    const entries = [...value].map(([key, item]) => `${sourceOf(key)}: ${sourceOf(item)}`);
    return `{${entries.join(", ")}}`;
  }
  if (value instanceof Markup) return `Markup(${quoted(value.text)})`;
  if (value instanceof View) return `${value.name}(${sourceOf([...value.items])})`;
  if (value instanceof Range) {
    const { start, stop, step } = value;
    return `range(${[start, stop, ...step === 1 ? [] : [step]].join(", ")})`;
  }
  if (value instanceof Namespace) return `<Namespace ${sourceOf(value.properties)}>`;
  if (value instanceof Undefined) return "Undefined";
  throw new Error(`it writes out ${typeName(value)}`);
}

/** A float with as few digits as tell it from its neighbours. */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits, exponent] = value.toExponential().split("e");
    return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

const NOT_PRINTABLE = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll("\\", "\\\\").replaceAll(quote, `\\${quote}`)
    .replace(NOT_PRINTABLE, (character) => SHORT_ESCAPES[character] ?? codeOf(character));
  return quote + escaped + quote;
}

function codeOf(character: string): string {
  const hex = character.codePointAt(0)!.toString(16);
  if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/** How JSON is written. */
export interface JsonStyle {
  /** What lines are indented by; null for one line. */
  indent: string | null;
  /** What stands between items, and between a key and its value. */
  separators: [item: string, key: string];
  asciiOnly: boolean;
  sortsKeys: boolean;
}

/** The value as JSON, laid out as Python's `json.dumps` does. */
export function jsonOf(value: Value, style: JsonStyle, line = "\n"): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return jsonFloat(value);
  if (typeof value === "string") return jsonText(value, style);
  if (value instanceof Markup) return jsonText(value.text, style);
  const inner = style.indent === null ? "" : line + style.indent;
  const outer = style.indent === null ? "" : line;
  const layOut = (opening: string, parts: string[], closing: string) => {
    if (parts.length === 0) return opening + closing;
    return opening + inner + parts.join(style.separators[0] + inner) + outer + closing;
  };
  const next = (item: Value) => jsonOf(item, style, inner === "" ? line : inner);
  if (Array.isArray(value) || value instanceof Tuple) {
    return layOut("[", (value instanceof Tuple ? value.items : value).map(next), "]");
  }
  if (!isMapping(value)) throw new Error(`it makes JSON of ${typeName(value)}`);
  const inOrder = style.sortsKeys ? [...value].sort(([a], [b]) => compare(a, b)) : [...value];
  const entries = inOrder.map(([key, item]): [string, Value] => [jsonKey(key), item]);
  const parts = entries.map(([key, item]) =>
    jsonText(key, style) + style.separators[1] + next(item)
  );
  return layOut("{", parts, "}");
}

function jsonKey(key: Value): string {
  if (typeof key === "string") return key;
  if (key === null || typeof key === "boolean") return String(key);
  if (typeof key === "bigint" || typeof key === "number") return sourceOf(key);
  throw new Error(`a key of JSON is ${typeName(key)}`);
}

function jsonFloat(value: number): string {
  if (Number.isFinite(value)) return floatText(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

function jsonText(text: string, { asciiOnly }: JsonStyle): string {
  const escaped = text.replace(
    /["\\\p{Cc}]/gu,
    (character) => character > "~" ? character : JSON.stringify(character).slice(1, -1),
  );
  if (!asciiOnly) return `"${escaped}"`;
  const ascii = escaped.replace(
    /[\u007f-\uffff]/g,
    (unit) => unit === "\u007f" ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `"${ascii}"`;
}
