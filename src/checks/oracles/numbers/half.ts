/**
 * The two 16-bit formats that weights are stored in.
 *
 * F16 is binary16 of IEEE 754: 1 sign, 5 exponent and 10 fraction bits, exponent bias 15.
 * BF16 is the upper half of a binary32: 1 sign, 8 exponent and 7 fraction bits, bias 127.
 * Both round to nearest, ties to the even fraction. A NaN of any kind becomes one quiet NaN.
 */

/** A 16-bit floating-point format, as safetensors spells it. */
export type HalfType = "F16" | "BF16";

/** One cell seen both as an f32 and as its 32 bits. */
const cellFloat = new Float32Array(1);
const cellBits = new Uint32Array(cellFloat.buffer);

/** The 32 bits of `x` rounded to f32. */
function bitsOfF32(x: number): number {
  cellFloat[0] = x;
  return cellBits[0];
}

/** The nearest integer to x ≥ 0, the even one of two equally near. */
function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  const remainder = x - below;
  if (remainder > 0.5) return below + 1;
  if (remainder < 0.5) return below;
  return below % 2 === 0 ? below : below + 1;
}

/**
 * The binary16 bits nearest to the f32 `x`.
 *
 * Halves with exponent e are the multiples of 2^(e−10); below 2^−14 the spacing stays at 2^−24
 * (subnormals). Counting `x` in that spacing and adding the count to the exponent field's own
 * value gives the bits, because a count that rounds up to 2048 carries into the next exponent,
 * and from the largest half into infinity.
 */
export function f32ToF16Bits(x: number): number {
  if (Number.isNaN(x)) return 0x7e00;
  const bits = bitsOfF32(x);
  const sign = (bits >>> 31) << 15;
  const exponent = Math.max(((bits >>> 23) & 0xff) - 127, -14);
  if (exponent > 15) return sign | 0x7c00;
  const spacings = roundHalfToEven(Math.abs(Math.fround(x)) / 2 ** (exponent - 10));
  return sign | ((exponent + 14) * 1024 + spacings);
}

/** The value of 16 binary16 bits; every one is exact in f32. */
export function f16BitsToF32(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The bfloat16 bits nearest to the f32 `x`. */
export function f32ToBf16Bits(x: number): number {
  if (Number.isNaN(x)) return 0x7fc0;
  const bits = bitsOfF32(x);
  const upper = bits >>> 16;
  const lower = bits & 0xffff;
  const roundsUp = lower > 0x8000 || (lower === 0x8000 && upper % 2 === 1);
  return roundsUp ? upper + 1 : upper;
}

/** The value of 16 bfloat16 bits; every one is exact in f32. */
export function bf16BitsToF32(bits: number): number {
  cellBits[0] = bits << 16;
  return cellFloat[0];
}

/** `x` as it reads after being stored in 16 bits. */
export function roundToHalf(x: number, type: HalfType): number {
  return type === "F16" ? f16BitsToF32(f32ToF16Bits(x)) : bf16BitsToF32(f32ToBf16Bits(x));
}

/** Halves as they lie in a file and in GPU memory: two bytes per value, little-endian. */
export function packHalves(values: Float32Array, type: HalfType): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  const toBits = type === "F16" ? f32ToF16Bits : f32ToBf16Bits;
  for (let i = 0; i < values.length; i++) view.setUint16(2 * i, toBits(values[i]), true);
  return bytes;
}

/** The values of little-endian halves, [bytes / 2]. */
export function unpackHalves(bytes: Uint8Array, type: HalfType): Float32Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(bytes.byteLength / 2);
  const toF32 = type === "F16" ? f16BitsToF32 : bf16BitsToF32;
  for (let i = 0; i < values.length; i++) values[i] = toF32(view.getUint16(2 * i, true));
  return values;
}
