/** `%` between a text and values, and `format`: the two ways in which Python fills in texts. */

import { exponential, fixed } from "./decimal.ts";
import {
  asIndex,
  asNumber,
  type Call,
  isMapping,
  itemsOf,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";
import { floatText, sourceOf, textOf } from "./writing.ts";

/** Widest field. */
const WIDTH_LIMIT = 2 ** 16;

/** How a value is laid out. */
interface Layout {
  fill: string;
  align: string;
  sign: string;
  isAlternate: boolean;
  width: number;
  groups: string;
  precision: number | null;
  type: string;
}

/** The template with its `%` fields filled in from a value, a tuple of values or a mapping. */
export function formatPercent(template: string, values: Value): string {
  const field = /%(?:\(([^)]*)\))?([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+))?[hlL]?([^])/g;
  const given = values instanceof Tuple ? [...values.items] : [values];
  let taken = 0;
  const next = () => {
    if (taken >= given.length) throw new Error("it has fewer values than % fields");
    return given[taken++];
  };
  const text = template.replace(
    field,
    (_, key: string | undefined, flags: string, width, precision, type: string) => {
      if (type === "%") return "%";
      const number = (digits: string | undefined) =>
        digits === "*" ? asIndex(next()) : digits === undefined ? null : Number(digits);
      const layout: Layout = {
        fill: flags.includes("0") && !flags.includes("-") ? "0" : " ",
        align: flags.includes("-") ? "<" : flags.includes("0") ? "=" : ">",
        sign: flags.includes("+") ? "+" : flags.includes(" ") ? " " : "-",
        isAlternate: flags.includes("#"),
        width: boundedWidth(number(width) ?? 0),
        groups: "",
        precision: number(precision),
        type,
      };
      const value = key === undefined ? next() : valueFor(values, key);
      return percentField(value, layout);
    },
  );
  if (/%$/.test(template.replace(field, ""))) throw new Error("a % field that is cut short");
  const mayBeLeft = taken === 0 &&
    (isMapping(values) || Array.isArray(values) || values instanceof Undefined);
  if (taken < given.length && !mayBeLeft) {
    throw new Error("it has more values than % fields");
  }
  return text;
}

function valueFor(values: Value, key: string): Value {
  const value = isMapping(values) ? values.get(key) : undefined;
  if (value === undefined) throw new Error(`it has no value for the % field ${key}`);
  return value;
}

function percentField(value: Value, layout: Layout): string {
  if ("sra".includes(layout.type)) {
    const text = layout.type === "s" ? textOf(value) : sourceOf(value);
    return padded(
      cut(text, layout.precision),
      { ...layout, fill: " " },
      layout.align === "<" ? "<" : ">",
    );
  }
  if (layout.type === "c") return padded(characterOf(value), layout, ">");
  if (!"diuxXoeEfFgG".includes(layout.type)) throw new Error(`an unknown % field, ${layout.type}`);
  const number = asNumber(value);
  if (number === null) throw new Error(`a % field for a number gets ${typeName(value)}`);
  if ("diu".includes(layout.type)) {
    const integer = typeof number === "bigint" ? number : BigInt(Math.trunc(number));
    return numberText(integer, { ...layout, type: "d" });
  }
  return numberText(number, layout);
}

function characterOf(value: Value): string {
  if (typeof value === "string" && Array.from(value).length === 1) return value;
  return String.fromCodePoint(asIndex(value));
}

/** The template with its `{}` fields filled in from the arguments. */
export function formatBraces(template: string, call: Call): string {
  let taken = 0;
  let isNumbered = false;
  const next = () => taken++;
  const fill = (text: string): string =>
    text.replace(
      /\{\{|\}\}|\{([^{}!:]*)(?:!([rsa]))?(?::((?:[^{}]|\{[^{}]*\})*))?\}|[{}]/g,
      (whole: string, name?: string, conversion?: string, layout = "") => {
        if (whole === "{{" || whole === "}}") return whole[0];
        if (name === undefined) throw new Error("a single brace in a format");
        isNumbered ||= /^\d/.test(name);
        const value = fieldValue(name, call, next);
        if (isNumbered && taken > 0) throw new Error("a format with numbered fields and others");
        const spelled = layout.includes("{") ? fill(layout) : layout;
        if (conversion === undefined) return braceField(value, spelled);
        return braceField(conversion === "s" ? textOf(value) : sourceOf(value), spelled);
      },
    );
  return fill(template);
}

function fieldValue(field: string, call: Call, next: () => number): Value {
  const [first, ...rest] = field.split(/\.|\[/);
  const position = first === "" ? next() : /^\d+$/.test(first) ? Number(first) : null;
  let value = position === null ? call.named.get(first) : call.positional[position];
  for (const part of rest) {
    const key = part.replace(/\]$/, "");
    if (value === undefined) break;
    if (isMapping(value)) value = value.get(key);
    else value = /^\d+$/.test(key) ? itemsOf(value)[Number(key)] : undefined;
  }
  if (value === undefined) throw new Error(`it has no value for the field {${field}}`);
  return value;
}

function braceField(value: Value, spelled: string): string {
  const found = /^(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([a-zA-Z%])?$/su.exec(
    spelled,
  );
  if (found === null) throw new Error(`an unknown format, ${spelled}`);
  const [, fill, align, sign, alternate, zero, width, groups, precision, type] = found;
  const layout: Layout = {
    fill: fill ?? (zero ? "0" : " "),
    align: align ?? (zero ? "=" : ""),
    sign: sign ?? "-",
    isAlternate: alternate !== undefined,
    width: boundedWidth(Number(width ?? 0)),
    groups: groups ?? "",
    precision: precision === undefined ? null : Number(precision),
    type: type ?? "",
  };
  const number = typeof value === "boolean" && spelled === "" ? null : asNumber(value);
  if (number !== null) return numberText(number, layout);
  const isText = typeof value === "string" || typeof value === "boolean" && spelled === "";
  const isPlain = ["", "s"].includes(layout.type) && layout.groups === "" && align !== "=" &&
    sign === undefined && alternate === undefined;
  if (!isPlain || (!isText && spelled !== "")) {
    throw new Error(`the format ${spelled} gets ${typeName(value)}`);
  }
  return padded(cut(textOf(value), layout.precision), layout, "<");
}

/** A number in a layout. */
function numberText(number: bigint | number, layout: Layout): string {
  const isNegative = number < 0 || Object.is(number, -0);
  const sign = isNegative ? "-" : layout.sign === "-" ? "" : layout.sign;
  const digits = digitsOf(
    typeof number === "bigint" ? (isNegative ? -number : number) : Math.abs(number),
    layout,
  );
  if (layout.align !== "=" && layout.align !== "") return padded(sign + digits, layout, ">");
  const missing = layout.width - sign.length - digits.length;
  const filling = layout.fill.repeat(Math.max(0, missing));
  return layout.align === "=" ? sign + filling + digits : filling + sign + digits;
}

function digitsOf(size: bigint | number, layout: Layout): string {
  const { type, precision, groups, isAlternate } = layout;
  const bases: Record<string, [number, string]> = {
    b: [2, "0b"],
    o: [8, "0o"],
    x: [16, "0x"],
    X: [16, "0X"],
  };
  if (Object.hasOwn(bases, type)) {
    if (typeof size !== "bigint") throw new Error(`the format ${type} gets a float`);
    const [base, prefix] = bases[type];
    const digits = size.toString(base);
    return (isAlternate ? prefix : "") + (type === "X" ? digits.toUpperCase() : digits);
  }
  if (typeof size === "bigint" && ["", "d", "n"].includes(type)) {
    return grouped(size.toString().padStart(precision ?? 0, "0"), groups);
  }
  const value = Number(size);
  const places = Math.min(precision ?? 6, 100);
  if (isAlternate) throw new Error("the flag # for a float");
  if (!Number.isFinite(value)) {
    const text = Number.isNaN(value) ? "nan" : "inf";
    return /[A-Z]/.test(type) ? text.toUpperCase() : text + (type === "%" ? "%" : "");
  }
  switch (type) {
    case "f":
    case "F":
      return grouped(fixed(value, places), groups);
    case "%":
      return `${fixed(value * 100, places)}%`;
    case "e":
    case "E": {
      const text = exponential(value, places).replace(/e([+-])(\d)$/, "e$10$2");
      return type === "E" ? text.toUpperCase() : text;
    }
    case "":
    case "n":
    case "g":
    case "G": {
      if (type === "" && precision === null) return grouped(floatText(value), groups);
      const text = shortest(value, Math.max(1, places), type === "");
      return grouped(type === "G" ? text.toUpperCase() : text, groups);
    }
  }
  throw new Error(`the format ${type} gets a number`);
}

/**
 * As `g` has it: so many significant digits, without zeros at the end. With a point, there is at least
 * one decimal, as where a format names no type.
 */
function shortest(value: number, digits: number, hasPoint: boolean): string {
  const exponent = value === 0 ? 0 : Number(exponential(value, digits - 1).split("e")[1]);
  if (exponent < -4 || exponent >= (hasPoint ? digits - 1 : digits)) {
    const [mantissa, power] = exponential(value, digits - 1).split("e");
    const short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
    return `${short}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  }
  const text = fixed(value, digits - 1 - exponent);
  const short = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  return hasPoint && !short.includes(".") ? `${short}.0` : short;
}

function grouped(digits: string, separator: string): string {
  if (separator === "") return digits;
  const [whole, rest] = digits.split(".");
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, separator);
  return rest === undefined ? groups : `${groups}.${rest}`;
}

function cut(text: string, length: number | null): string {
  return length === null ? text : Array.from(text).slice(0, length).join("");
}

function padded(text: string, { fill, align, width }: Layout, otherwise: string): string {
  const missing = Math.max(0, width - Array.from(text).length);
  const side = align === "" || align === "=" ? otherwise : align;
  const before = side === "<" ? 0 : side === ">" ? missing : Math.floor(missing / 2);
  return fill.repeat(before) + text + fill.repeat(missing - before);
}

function boundedWidth(width: number): number {
  if (width <= WIDTH_LIMIT) return width;
  throw new Error("a field that is too wide");
}
