/** One storage for parts of a matrix that are stored in different ways. */

import { type Scales, type Storage, toFloats } from "../../ops/products/codecs.ts";
import { unpackBits } from "./codes.ts";
import { dequantise } from "./dequantise.ts";
import { greatestCommonDivisor } from "./divisors.ts";
import { fromFloats } from "./scale_pairs.ts";
import type { StoredRows } from "./stored_matrix.ts";

/**
 * The smallest storage that holds the weights of all parts exactly: their own if they are stored alike,
 * codes of eight bits for codes of several lengths, or single floats.
 */
export function commonStorage(parts: readonly Storage[]): Storage {
  const [{ format, scales, table, places }] = parts;
  if (parts.every((part) => areAlike(part, parts[0]))) return { format, scales, table, places };
  const offset = scales?.offset;
  const areIntegers = parts.every(({ format, scales, places }) =>
    (format === "U4" || format === "U8") && scales?.offset === offset && !places
  );
  if (!areIntegers) return { format: "F32" };
  const all = parts.map(({ scales }) => scales!);
  const formats = all.map(({ format }) => format);
  return {
    format: parts.every(({ format }) => format === "U4") ? "U4" : "U8",
    scales: {
      group: all.map(({ group }) => group).reduce(greatestCommonDivisor),
      format: formats.every((format) => format === formats[0]) ? formats[0] : "F32",
      offset: offset!,
    },
  };
}

function areAlike(a: Storage, b: Storage): boolean {
  const described = ({ format, scales, table }: Storage) => JSON.stringify([format, scales, table]);
  if (described(a) !== described(b)) return false;
  const [places, others] = [a.places, b.places];
  if (places === others) return true;
  return places?.length === others?.length && places!.every((place, i) => place === others![i]);
}

/** Rows of a part as the common storage has them. */
export function convertRows(rows: StoredRows, from: Storage, to: Storage): StoredRows {
  if (to.format === "F32") {
    if (from.format === "F32") return rows;
    return { weights: new Uint8Array(dequantise(rows, from).buffer) };
  }
  if (!from.scales || !to.scales || !rows.scales) return rows;
  const isWidened = from.format === "U4" && to.format === "U8";
  return {
    weights: isWidened ? unpackBits(rows.weights, 4) : rows.weights,
    scales: convertScales(rows.scales, from.scales, to.scales),
  };
}

/** Pairs for smaller groups, as single floats if they are to be. */
function convertScales(
  bytes: Uint8Array<ArrayBuffer>,
  from: Scales,
  to: Scales,
): Uint8Array<ArrayBuffer> {
  const pairs = toFloats(bytes, from.format);
  const repeats = from.group / to.group;
  const all = new Float32Array(pairs.length * repeats);
  for (let i = 0; i < all.length / 2; i++) {
    const at = 2 * Math.floor(i / repeats);
    all.set(pairs.subarray(at, at + 2), 2 * i);
  }
  return fromFloats(all, to.format);
}
