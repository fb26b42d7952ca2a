import { assert, assertEquals } from "@std/assert";
import {
  bf16BitsToF32,
  f16BitsToF32,
  f32ToBf16Bits,
  f32ToF16Bits,
  packHalves,
  roundToHalf,
  unpackHalves,
} from "../../src/checks/oracles/numbers/half.ts";
import { randomNormals } from "../../src/checks/oracles/numbers/random.ts";

/** Every 16-bit pattern whose value is a number, −0 included. */
function* numberPatterns(toF32: (bits: number) => number): Generator<number> {
  for (let bits = 0; bits < 2 ** 16; bits++) if (!Number.isNaN(toF32(bits))) yield bits;
}

/** The f32 nearest to x on the side of `direction`. */
function neighbour(x: number, direction: 1 | -1): number {
  const float = new Float32Array([x]);
  new Int32Array(float.buffer)[0] += x > 0 ? direction : -direction;
  return float[0];
}

Deno.test("every F16 pattern that is a number survives the way to f32 and back", () => {
  for (const bits of numberPatterns(f16BitsToF32)) {
    assertEquals(f32ToF16Bits(f16BitsToF32(bits)), bits);
  }
});

Deno.test("every BF16 pattern that is a number survives the way to f32 and back", () => {
  for (const bits of numberPatterns(bf16BitsToF32)) {
    assertEquals(f32ToBf16Bits(bf16BitsToF32(bits)), bits);
  }
});

Deno.test("F16 values are those of the engine's own Float16Array", () => {
  const float16 = new Float16Array(new Uint16Array(Array(2 ** 16).keys()).buffer);
  for (let bits = 0; bits < 2 ** 16; bits++) {
    assert(Object.is(f16BitsToF32(bits), float16[bits]), `bits ${bits.toString(16)}`);
  }
});

Deno.test("F16 rounding is that of Float16Array halfway between halves and one f32 beside", () => {
  const cell = new Float16Array(1);
  const cellBits = new Uint16Array(cell.buffer);
  for (let bits = 1; bits < 0x7c00; bits++) {
    const middle = (f16BitsToF32(bits) + f16BitsToF32(bits - 1)) / 2;
    for (const x of [middle, -middle, neighbour(middle, 1), neighbour(middle, -1)]) {
      cell[0] = x;
      assertEquals(f32ToF16Bits(x), cellBits[0], `rounding ${x}`);
    }
  }
});

Deno.test("BF16 rounds a middle to the even neighbour and anything else to the nearest", () => {
  for (let bits = 1; bits < 0x7f80; bits++) {
    const middle = (bf16BitsToF32(bits) + bf16BitsToF32(bits - 1)) / 2;
    assertEquals(f32ToBf16Bits(middle), bits % 2 === 0 ? bits : bits - 1);
    assertEquals(f32ToBf16Bits(-middle), 0x8000 + (bits % 2 === 0 ? bits : bits - 1));
    assertEquals(f32ToBf16Bits(neighbour(middle, 1)), bits);
    assertEquals(f32ToBf16Bits(neighbour(middle, -1)), bits - 1);
  }
});

Deno.test("halves overflow to infinity, underflow to signed zero and keep NaN", () => {
  const cases: [number, number, number][] = [
    [65519, 0x7bff, 0x4780],
    [65520, 0x7c00, 0x4780],
    [-1e30, 0xfc00, 0xf14a],
    [Infinity, 0x7c00, 0x7f80],
    [2 ** -25, 0x0000, 0x3300],
    [-(2 ** -26), 0x8000, 0xb280],
    [2 ** -24, 0x0001, 0x3380],
    [2 ** -140, 0x0000, 0x0000],
    [3.4028234663852886e38, 0x7c00, 0x7f80],
    [NaN, 0x7e00, 0x7fc0],
  ];
  for (const [x, f16, bf16] of cases) {
    assertEquals(f32ToF16Bits(x), f16, `${x} as F16`);
    assertEquals(f32ToBf16Bits(x), bf16, `${x} as BF16`);
  }
  assert(Number.isNaN(f16BitsToF32(0x7c01)) && Number.isNaN(bf16BitsToF32(0xff81)));
});

Deno.test("halves are packed little-endian and read back from any byte offset", () => {
  assertEquals([...packHalves(Float32Array.of(1, -2), "F16")], [0x00, 0x3c, 0x00, 0xc0]);
  assertEquals([...packHalves(Float32Array.of(1, -2), "BF16")], [0x80, 0x3f, 0x00, 0xc0]);
  const values = randomNormals(101, 1);
  for (const type of ["F16", "BF16"] as const) {
    const shifted = new Uint8Array(2 * values.length + 1);
    shifted.set(packHalves(values, type), 1);
    const expected = values.map((value) => roundToHalf(value, type));
    assertEquals(unpackHalves(shifted.subarray(1), type), expected);
    assert(expected.some((value, i) => value !== values[i]));
  }
});
