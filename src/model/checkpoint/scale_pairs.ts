/** Scales with their offsets, as the kernels read them: pairs of numbers of one format. */

import type { Safetensors } from "../../format/safetensors/safetensors.ts";
import { bytesPerElement } from "../../format/safetensors/safetensors_header.ts";
import { aligned, type FloatFormat, toFloats } from "../../ops/products/codecs.ts";

/** Pairs from two sequences of one format. */
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

/** Neighbouring elements of a tensor. */
interface ElementRange {
  first: number;
  count: number;
}

/**
 * Reads scales.
 * @throws DataError if one is no finite number, or zero, which no library writes.
 */
export async function readScales(
  tensors: Safetensors,
  name: string,
  range: ElementRange,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readOffsets(tensors, name, range);
  const at = toFloats(bytes, tensors.get(name).dtype).indexOf(0);
  if (at < 0) return bytes;
  throw tensors.fault(name, `0 at place ${range.first + at}`, "scales other than 0", DAMAGED);
}

/**
 * Reads what is added to scaled codes.
 * @throws DataError if a number is not finite.
 */
export async function readOffsets(
  tensors: Safetensors,
  name: string,
  { first, count }: ElementRange,
): Promise<Uint8Array<ArrayBuffer>> {
  const { dtype } = tensors.get(name);
  const size = bytesPerElement(dtype);
  const bytes = await tensors.read(name, first * size, count * size);
  const floats = toFloats(bytes, dtype);
  const at = floats.findIndex((number) => !Number.isFinite(number));
  if (at < 0) return bytes;
  const found = `${floats[at]} at place ${first + at}`;
  throw tensors.fault(name, found, "finite numbers", DAMAGED);
}

const DAMAGED = "the file is damaged: get it again";
