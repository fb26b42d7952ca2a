import bf16Code from "../../../wgsl/weights/weights_bf16.wgsl" with { type: "text" };
import f16Code from "../../../wgsl/weights/weights_f16.wgsl" with { type: "text" };
import f32Code from "../../../wgsl/weights/weights_f32.wgsl" with { type: "text" };
import f8Code from "../../../wgsl/weights/weights_f8.wgsl" with { type: "text" };
import noScales from "../../../wgsl/weights/no_scales.wgsl" with { type: "text" };
import octets from "../../../wgsl/shared/octets.wgsl" with { type: "text" };
import order from "../../../wgsl/weights/order.wgsl" with { type: "text" };
import scales from "../../../wgsl/weights/scales.wgsl" with { type: "text" };
import scalesInBuffers from "../../../wgsl/weights/scales_in_buffers.wgsl" with { type: "text" };
import scalesInTextures from "../../../wgsl/weights/scales_in_textures.wgsl" with { type: "text" };
import texels from "../../../wgsl/shared/texels.wgsl" with { type: "text" };
import t4Code from "../../../wgsl/weights/weights_t4.wgsl" with { type: "text" };
import u4Code from "../../../wgsl/weights/weights_u4.wgsl" with { type: "text" };
import u8Code from "../../../wgsl/weights/weights_u8.wgsl" with { type: "text" };
import wordsInBuffers from "../../../wgsl/weights/words_in_buffers.wgsl" with { type: "text" };
import wordsInTextures from "../../../wgsl/weights/words_in_textures.wgsl" with { type: "text" };
import type { WeightHome } from "../layouts.ts";

/** Weights as floats: single, half, or the upper halves of single ones. */
export type FloatFormat = "F32" | "F16" | "BF16";

/**
 * Weights as codes that scales turn into numbers: integers of four or eight bits, floats of eight
 * (E4M3), or places in a table of sixteen numbers.
 */
export type CodeFormat = "U4" | "U8" | "F8" | "T4";

/** How weights are stored. */
export type WeightFormat = FloatFormat | CodeFormat;

/** A scale and an offset for each group of weights that follow each other along the sum. */
export interface Scales {
  /** Weights of a group: a multiple of 8 that divides the length of the sum. */
  group: number;
  /** How the two numbers are stored. */
  format: FloatFormat;
  /**
   * What the offset is for. `added`: a weight is code · scale + offset; `subtracted`: it is
   * (code − offset) · scale. Either is computed in f32 step by step, as the libraries do that write
   * such weights.
   */
  offset: "added" | "subtracted";
}

/** How the weights of a matrix are stored. */
export interface Storage {
  format: WeightFormat;
  /** Of codes; undefined for floats. */
  scales?: Scales | undefined;
  /** The sixteen numbers of T4, exact in f32; undefined for other formats. */
  table?: readonly number[] | undefined;
  /**
   * Where along the sum each weight of a column belongs, [inner], if codes of one group were brought
   * together: what a product multiplies with a weight is looked up there. Undefined if all are in order.
   */
  places?: Uint32Array<ArrayBuffer> | undefined;
}

/**
 * A way of storing weights on the GPU. Eight neighbouring weights along the sum, an octet, are the
 * unit that is moved, rearranged and loaded.
 */
export interface WeightCodec {
  /** Bytes of an octet; a multiple of 4. */
  readonly bytesPerOctet: number;
  /**
   * WGSL that declares `load_weights(column, octet)`, `load_eight` for eight columns at once and `load_four` for
   * four octets, in one file or more. What it reads them from is a file of its own, see `codecCode`.
   */
  readonly code: readonly string[];
}

/** One entry for each format. */
export const CODECS: Readonly<Record<WeightFormat, WeightCodec>> = {
  F32: { bytesPerOctet: 32, code: [octets, order, noScales, f32Code] },
  F16: { bytesPerOctet: 16, code: [octets, order, noScales, f16Code] },
  BF16: { bytesPerOctet: 16, code: [octets, order, noScales, bf16Code] },
  U8: { bytesPerOctet: 8, code: [octets, order, u8Code, scales] },
  F8: { bytesPerOctet: 8, code: [octets, order, f8Code, scales] },
  U4: { bytesPerOctet: 4, code: [octets, order, u4Code, scales] },
  T4: { bytesPerOctet: 4, code: [octets, order, t4Code, scales] },
};

/** WGSL of a codec whose weights, and scales if they are codes, lie in buffers or in textures. */
export function codecCode(format: WeightFormat, home: WeightHome): readonly string[] {
  const { code } = CODECS[format];
  const [words, ofScales] = IN[home];
  return [...words, ...(isOfCodes(format) ? ofScales : []), ...code];
}

/** WGSL that declares the bindings of weights, and of scales. */
const IN: Readonly<Record<WeightHome, readonly [string[], string[]]>> = {
  buffers: [[wordsInBuffers], [scalesInBuffers]],
  textures: [[texels, wordsInTextures], [scalesInTextures]],
};

function isOfCodes(format: WeightFormat): format is CodeFormat {
  return CODECS[format].code.includes(scales);
}

/** Something for each format. */
export function perFormat<Thing>(
  make: (format: WeightFormat) => Thing,
): Readonly<Record<WeightFormat, Thing>> {
  const entries = Object.keys(CODECS).map((format) => [format, make(format as WeightFormat)]);
  return Object.fromEntries(entries);
}

/** Floats of four bits. "OCP Microscaling Formats (MX) Specification" 1.0, 5.3.3. T4 computes them. */
export const E2M1: readonly number[] = [
  ...[0, 0.5, 1, 1.5, 2, 3, 4, 6],
  ...[-0, -0.5, -1, -1.5, -2, -3, -4, -6],
];

/** Bytes of so many weights, a multiple of 8, without their scales. */
export function weightBytes(count: number, format: WeightFormat): number {
  return count / 8 * CODECS[format].bytesPerOctet;
}

/** Bytes of a scale with its offset. */
export function scaleBytes({ format }: Scales): number {
  return format === "F32" ? 8 : 4;
}

/** Bytes that so many weights, whole groups of them, take on the device with their scales. */
export function storedBytes(count: number, { format, scales }: Storage): number {
  const ofScales = scales ? count / scales.group * scaleBytes(scales) : 0;
  return weightBytes(count, format) + ofScales;
}

/** Widens stored floats to f32, which holds each of them exactly. */
export function toFloats(
  bytes: Uint8Array<ArrayBuffer>,
  format: FloatFormat,
): Float32Array<ArrayBuffer> {
  if (format === "F32") return new Float32Array(...aligned(bytes, 4));
  if (format === "F16") return Float32Array.from(new Float16Array(...aligned(bytes, 2)));
  // A bfloat16 number is the upper half of a float. A loop takes a fiftieth of the time of `from`.
  const halves = new Uint16Array(...aligned(bytes, 2));
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < words.length; i++) words[i] = halves[i] << 16;
  return new Float32Array(words.buffer);
}

/** Where a typed array of elements of `size` bytes can view the bytes: in place, or in a copy. */
export function aligned(
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
): [buffer: ArrayBuffer, byteOffset: number, length: number] {
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return [buffer, byteOffset, bytes.byteLength / size];
}
