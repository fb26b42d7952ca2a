/** Scales with their offsets, as the kernels read them: pairs of numbers of one format. */

import type { Safetensors } from "../../format/safetensors/safetensors.ts";
import { bytesPerElement } from "../../format/safetensors/dtypes.ts";
import { aligned, type FloatFormat, toFloats } from "../../ops/products/codecs.ts";

/** Pairs from two sequences of numbers of one format. */
export function pairUp(
  scales: Uint8Array<ArrayBuffer>,
  offsets: Uint8Array<ArrayBuffer>,
  format: FloatFormat,
): Uint8Array<ArrayBuffer> {
  const Words = format === "F32" ? Uint32Array : Uint16Array;
  const size = Words.BYTES_PER_ELEMENT;
  const [left, right] = [new Words(...aligned(scales, size)), new Words(...aligned(offsets, size))];
  const pairs = new Words(2 * left.length);
  for (let i = 0; i < left.length; i++) {
    pairs[2 * i] = left[i];
    pairs[2 * i + 1] = right[i];
  }
  return new Uint8Array(pairs.buffer);
}

/** Floats as the bytes of a format that holds each of them exactly. */
export function fromFloats(
  floats: Float32Array<ArrayBuffer>,
  format: FloatFormat,
): Uint8Array<ArrayBuffer> {
  if (format === "F32") return new Uint8Array(floats.buffer);
  if (format === "F16") return new Uint8Array(Float16Array.from(floats).buffer);
  const words = new Uint32Array(floats.buffer);
  const halves = new Uint16Array(words.length);
  for (let i = 0; i < halves.length; i++) halves[i] = words[i] >>> 16;
  return new Uint8Array(halves.buffer);
}

/** The same number, exact in any format, `count` times. */
export function repeated(
  number: number,
  count: number,
  format: FloatFormat,
): Uint8Array<ArrayBuffer> {
  return fromFloats(new Float32Array(count).fill(number), format);
}

/** `count` units of `size` bytes, each a copy of the one that `sourceOf` names. */
export function copyUnits(
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
  count: number,
  sourceOf: (unit: number) => number,
): Uint8Array<ArrayBuffer> {
  const copied = new Uint8Array(count * size);
  for (let unit = 0; unit < count; unit++) {
    const from = sourceOf(unit) * size;
    for (let i = 0; i < size; i++) copied[unit * size + i] = bytes[from + i];
  }
  return copied;
}

/** Neighbouring elements of a tensor. */
export interface ElementRange {
  first: number;
  count: number;
}

/** Reads numbers of a tensor, each of which has to be finite. Throws a DataError if one is not. */
export async function readFinite(
  tensors: Safetensors,
  name: string,
  { first, count }: ElementRange,
): Promise<Uint8Array<ArrayBuffer>> {
  const size = bytesPerElement(tensors.get(name).dtype);
  const bytes = await tensors.read(name, first * size, count * size);
  requireFinite(tensors, name, bytes);
  return bytes;
}

/** Throws a DataError unless the numbers, some of a tensor's, are finite. */
export function requireFinite(
  tensors: Safetensors,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): void {
  const numbers = toFloats(bytes, tensors.get(name).dtype);
  for (let i = 0; i < numbers.length; i++) {
    if (Number.isFinite(numbers[i])) continue;
    throw tensors.fault(name, `${numbers[i]}`, "finite numbers", DAMAGED);
  }
}

/** Throws a DataError if one of the numbers, some of a tensor's, is zero: no library writes such scales. */
export function requireNonzero(
  tensors: Safetensors,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): void {
  if (!toFloats(bytes, tensors.get(name).dtype).includes(0)) return;
  throw tensors.fault(name, "a scale of 0", "scales other than 0", DAMAGED);
}

/**
 * Throws a DataError if all of the numbers, some of a tensor's, are zero. Single ones may be: those of weights next
 * to nothing, which a half cannot hold.
 */
export function requireSomeNonzero(
  tensors: Safetensors,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): void {
  if (toFloats(bytes, tensors.get(name).dtype).some((number) => number !== 0)) return;
  throw tensors.fault(name, "nothing but zeros", "scales other than 0", DAMAGED);
}

/** What can be done about a tensor whose numbers make no sense. */
export const DAMAGED = "the file is damaged: get it again";
