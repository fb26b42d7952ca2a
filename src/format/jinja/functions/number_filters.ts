/** Filters that make numbers, or change them. */

import { trimmedEnds } from "../values/blanks.ts";
import { type Filter, Given } from "./calls.ts";
import { fixed } from "../values/decimal.ts";
import { asIndex, asNumber, type Call, typeName, Undefined, type Value } from "../values/values.ts";
import { textOf } from "../values/writing.ts";

/** The filters by name. */
export const NUMBER_FILTERS: Readonly<Record<string, Filter>> = {
  abs: (value) => {
    const number = required(value);
    return number < 0 ? -number : number;
  },
  float: (value, call) => toFloat(value, new Given("float", ["default"], call).or("default", 0)),
  int: toInteger,
  round,
};

function required(value: Value): bigint | number {
  const number = asNumber(value);
  if (number === null) throw new Error(`a filter for numbers gets ${typeName(value)}`);
  return number;
}

function requireDefined(value: Value): void {
  if (value instanceof Undefined) throw new Error(`it makes a number of ${typeName(value)}`);
}

const FLOAT = /^([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/i;

function toFloat(value: Value, otherwise: Value): Value {
  requireDefined(value);
  const number = asNumber(value);
  if (number !== null) return Number(number);
  const text = typeof value === "string"
    ? FLOAT.exec(asciiDigits(trimmedEnds(value)))?.[1]
    : undefined;
  if (text !== undefined) return Number(text.replaceAll("_", ""));
  return /^[+-]?(inf|infinity|nan)$/i.test(trimmedEnds(textOf(value)))
    ? special(textOf(value))
    : otherwise;
}

/** Most digits of an integer that Python reads; what is longer is no number of anybody's. */
const DIGIT_LIMIT = 4300;

/** Digits of any script, as those of ASCII. */
function asciiDigits(text: string): string {
  if (text.length > DIGIT_LIMIT) return text;
  return text.replace(/(?![0-9])\p{Nd}/gu, (digit) => {
    const codePoint = digit.codePointAt(0)!;
    let zero = codePoint;
    while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
    return String((codePoint - zero) % 10);
  });
}

function special(text: string): number {
  if (/nan/i.test(text)) return NaN;
  return trimmedEnds(text).startsWith("-") ? -Infinity : Infinity;
}

function toInteger(value: Value, call: Call): Value {
  const given = new Given("int", ["default", "base"], call);
  const otherwise = given.or("default", 0n);
  requireDefined(value);
  const number = asNumber(value);
  if (typeof number === "bigint") return number;
  if (number !== null) return Number.isFinite(number) ? BigInt(Math.trunc(number)) : otherwise;
  if (typeof value !== "string") return otherwise;
  const base = asIndex(given.or("base", 10n));
  const text = asciiDigits(trimmedEnds(value));
  const [, sign, digits] = /^([+-]?)(?:0[xob](?=\w))?(\w+)$/i.exec(text) ?? [];
  const isInBase = digits !== undefined && digits.length <= DIGIT_LIMIT &&
    Array.from(digits.replaceAll("_", "")).every((digit) => !Number.isNaN(parseInt(digit, base)));
  if (isInBase && (base !== 10 || /^[+-]?\d/.test(text) && !/^[+-]?0[xob]/i.test(text))) {
    let result = 0n;
    for (const digit of digits.replaceAll("_", "")) {
      result = result * BigInt(base) + BigInt(parseInt(digit, base));
    }
    return sign === "-" ? -result : result;
  }
  const float = toFloat(value, null);
  return typeof float === "number" && Number.isFinite(float)
    ? BigInt(Math.trunc(float))
    : otherwise;
}

function round(value: Value, call: Call): Value {
  const given = new Given("round", ["precision", "method"], call);
  const precision = asIndex(given.or("precision", 0n));
  const method = given.or("method", "common");
  const number = required(value);
  if (method === "common") {
    if (typeof number === "bigint") return roundInteger(number, precision);
    return roundHalfEven(number, precision);
  }
  if (method !== "ceil" && method !== "floor") throw new Error("round gets an unknown method");
  // Python's floor and ceil make integers, which have no negative zero.
  return (Math[method](Number(number) * 10 ** precision) + 0) / 10 ** precision;
}

/** To tens, hundreds and so on; of two that are as near to the one with an even last digit. */
function roundInteger(value: bigint, precision: number): bigint {
  if (precision >= 0) return value;
  const unit = 10n ** BigInt(Math.min(-precision, 1000));
  const rest = ((value % unit) + unit) % unit;
  const low = value - rest;
  const isUp = rest * 2n > unit || (rest * 2n === unit && (low / unit) % 2n !== 0n);
  return isUp ? low + unit : low;
}

/** To the nearest, and of two that are as near to the even one. */
function roundHalfEven(value: number, precision: number): number {
  if (precision < 0) {
    if (Number.isInteger(value)) return Number(roundInteger(BigInt(value), precision));
    const unit = 10 ** -precision;
    return roundHalfEven(value / unit, 0) * unit;
  }
  if (precision > 0) return Math.sign(value) * Number(fixed(Math.abs(value), precision));
  const floor = Math.floor(value);
  const rest = value - floor;
  const isUp = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  // A negative number becomes a negative zero.
  return isUp ? -(-1 - floor) : floor;
}
