/**
 * The header of a safetensors file, checked to the letter of the format: eight bytes of length, a
 * JSON object that describes every tensor, then the tensors' bytes without holes or overlap.
 *
 * Source: the format section of the safetensors documentation.
 */

import { refuseMistaken, TELLING_BYTES } from "../mistaken_file.ts";
import { malformed, quote } from "../errors.ts";
import { readFully } from "../files.ts";
import { isJsonObject, problemOf } from "../json.ts";
import { requireUniqueKeys } from "../unique_keys.ts";
import { ELEMENT_BITS } from "./dtypes.ts";

/** A tensor of any element type, with the place of its bytes. */
export interface StoredTensor {
  /** Unique name. */
  readonly name: string;
  /** Any element type of the format, not only those that can be read. */
  readonly dtype: string;
  /** Sizes of the dimensions, slowest first; empty for a scalar. */
  readonly shape: number[];
  /** Bytes of all elements. */
  readonly byteLength: number;
  /** Position of the first byte in the file. */
  readonly fileOffset: number;
}

/** What a header says. */
export interface SafetensorsHeader {
  /** Tensors by name. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Strings that the file carries beside its tensors. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Bytes before the header: its length as a little-endian u64. */
export const LENGTH_BYTES = 8;

/** Bytes of the smallest header, an object without tensors. */
const SMALLEST_HEADER = 2;

/** Largest header the format allows, in bytes. */
const HEADER_LIMIT = 100_000_000;

/**
 * Most objects that a header may have, about one per tensor: several times as many as a file of any model in use has.
 * With a hundred megabytes of tiny tensors the checks would take a quarter of a minute.
 */
const OBJECT_LIMIT = 2 ** 17;

/** The header's key that is no tensor. */
export const METADATA_KEY = "__metadata__";

const DAMAGED = "the file is damaged or not a safetensors file: get it again";

/**
 * Reads and checks the header of an open file of `size` bytes.
 *
 * @param limit bytes of the largest header that is read.
 * @throws {DataError} for anything the format does not allow.
 */
export function readHeader(
  file: Deno.FsFile,
  path: string,
  size: number,
  limit = HEADER_LIMIT,
): SafetensorsHeader {
  const headerLength = readHeaderLength(file, path, size, Math.min(limit, size - LENGTH_BYTES));
  const bytes = new Uint8Array(headerLength);
  if (readFully(file, bytes) < headerLength) {
    throw malformed({
      file: path,
      where: "header",
      found: "the end of the file",
      expected: `${headerLength} bytes`,
      next: DAMAGED,
    });
  }
  const dataStart = LENGTH_BYTES + headerLength;
  return parseHeader(decodeHeader(bytes, path), path, dataStart, size);
}

function readHeaderLength(
  file: Deno.FsFile,
  path: string,
  size: number,
  most: number,
): number {
  const where = "header length";
  const bytes = new Uint8Array(LENGTH_BYTES);
  if (readFully(file, bytes) < LENGTH_BYTES || size < LENGTH_BYTES + SMALLEST_HEADER) {
    throw malformed({
      file: path,
      where,
      found: `a file of ${size} bytes`,
      expected: `at least ${LENGTH_BYTES} bytes of header length and ${SMALLEST_HEADER} of header`,
      next: DAMAGED,
    });
  }
  const length = new DataView(bytes.buffer).getBigUint64(0, true);
  if (length > most || length < SMALLEST_HEADER) {
    refuseMistaken(beginningOf(file), path, "tensors in a safetensors file");
    throw malformed({
      file: path,
      where,
      found: String(length),
      expected: `${SMALLEST_HEADER} to ${most} bytes`,
      next: DAMAGED,
    });
  }
  return Number(length);
}

function beginningOf(file: Deno.FsFile): Uint8Array {
  const bytes = new Uint8Array(TELLING_BYTES);
  file.seekSync(0, Deno.SeekMode.Start);
  return bytes.subarray(0, readFully(file, bytes));
}

function decodeHeader(bytes: Uint8Array, path: string): string {
  try {
    // A byte order mark is kept, so that it is refused like any other character before the "{".
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed({
      file: path,
      where: "header",
      found: "bytes that are not UTF-8",
      expected: "UTF-8 text",
      next: DAMAGED,
    });
  }
}

function parseHeader(
  text: string,
  path: string,
  dataStart: number,
  size: number,
): SafetensorsHeader {
  const where = "header";
  if (text[0] !== "{") {
    const found = quote(text.slice(0, 8));
    throw malformed({ file: path, where, found, expected: 'a JSON object, "{"', next: DAMAGED });
  }
  requireFewObjects(text, path);
  const object = parseHeaderJson(text, path) as Record<string, unknown>;
  requireUniqueKeys(text, { file: path, where, next: DAMAGED });
  const metadata = parseMetadata(object[METADATA_KEY], path);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of Object.entries(object)) {
    if (name === METADATA_KEY) continue;
    tensors.set(name, parseTensor(name, entry, path, dataStart, size));
  }
  requireSeamless(tensors, path, dataStart, size);
  return { tensors, metadata };
}

/** Counts brackets, those in strings too: this takes no longer than reading the text. */
function requireFewObjects(text: string, path: string): void {
  let objects = 0;
  for (let at = text.indexOf("{"); at >= 0; at = text.indexOf("{", at + 1)) objects++;
  if (objects <= OBJECT_LIMIT) return;
  throw malformed({
    file: path,
    where: "header",
    found: `${objects} opening brackets "{"`,
    expected: `at most ${OBJECT_LIMIT}, about one for each tensor`,
  });
}

function parseHeaderJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const found = `what is not valid JSON: ${problemOf(error)}`;
    const fault = { file: path, where: "header", found, expected: "a JSON object", next: DAMAGED };
    throw malformed(fault, { cause: error });
  }
}

function parseMetadata(value: unknown, path: string): Map<string, string> {
  if (value === undefined) return new Map();
  const where = `key ${quote(METADATA_KEY)}`;
  if (!isJsonObject(value)) {
    throw malformed({ file: path, where, found: quote(value), expected: "an object of strings" });
  }
  const metadata = new Map<string, string>();
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") {
      const inner = `${where}, entry ${quote(key)}`;
      throw malformed({ file: path, where: inner, found: quote(text), expected: "a string" });
    }
    metadata.set(key, text);
  }
  return metadata;
}

function parseTensor(
  name: string,
  entry: unknown,
  path: string,
  dataStart: number,
  size: number,
): StoredTensor {
  const fault = (what: string, found: string, expected: string) => {
    const where = `tensor ${quote(name)}${what}`;
    return malformed({ file: path, where, found, expected, next: DAMAGED });
  };
  if (!isJsonObject(entry)) {
    throw fault("", quote(entry), "an object with dtype, shape and data_offsets");
  }
  const { dtype, shape, data_offsets: offsets } = entry;

  const elementBits = typeof dtype === "string" ? ELEMENT_BITS.get(dtype) : undefined;
  if (elementBits === undefined) {
    throw fault(", dtype", quote(dtype), `one of ${[...ELEMENT_BITS.keys()].join(", ")}`);
  }
  if (!isArrayOfSizes(shape)) {
    throw fault(", shape", quote(shape), "an array of integers, none negative");
  }
  if (!isArrayOfSizes(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw fault(", data_offsets", quote(offsets), "[begin, end] with begin ≤ end");
  }
  const [begin, end] = offsets;
  if (end > size - dataStart) {
    const expected = `an end of at most ${size - dataStart}, the bytes of data in the file`;
    throw fault(", data_offsets", quote(offsets), expected);
  }
  const byteLength = byteLengthOf(shape, elementBits);
  if (byteLength !== end - begin) {
    const expected = byteLength === null
      ? "a shape whose bytes can be counted"
      : `${byteLength} bytes for ${dtype} ${quote(shape)}`;
    const found = byteLength === null ? `${dtype} ${quote(shape)}` : `${end - begin} bytes`;
    throw fault("", found, expected);
  }
  return { name, dtype: dtype as string, shape, byteLength, fileOffset: dataStart + begin };
}

function isArrayOfSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** Bytes of a tensor, or null when they cannot be counted exactly or do not fill whole bytes. */
function byteLengthOf(shape: readonly number[], elementBits: number): number | null {
  let bits = elementBits;
  for (const size of shape) {
    if (size > 0 && bits > Number.MAX_SAFE_INTEGER / size) return null;
    bits *= size;
  }
  return bits % 8 === 0 ? bits / 8 : null;
}

/** Throws unless the tensors lie side by side from the first byte of data to the last. */
function requireSeamless(
  tensors: ReadonlyMap<string, StoredTensor>,
  path: string,
  dataStart: number,
  size: number,
): void {
  const inFileOrder = [...tensors.values()].sort((a, b) =>
    a.fileOffset - b.fileOffset || a.byteLength - b.byteLength
  );
  let position = dataStart;
  for (const { name, fileOffset, byteLength } of inFileOrder) {
    if (fileOffset !== position) {
      throw malformed({
        file: path,
        where: `tensor ${quote(name)}, data_offsets`,
        found: `begin ${fileOffset - dataStart}, ` +
          (fileOffset < position ? "which overlaps the tensor before" : "which leaves a hole"),
        expected: `begin ${position - dataStart}, where the tensor before ends`,
        next: DAMAGED,
      });
    }
    position += byteLength;
  }
  if (position !== size) {
    throw malformed({
      file: path,
      found: `${size - dataStart} bytes of data`,
      expected: `${position - dataStart}, where the last tensor ends`,
      next: DAMAGED,
    });
  }
}
