/** Matrices that are packed here as their formats describe it hold the numbers that were packed. */
import { assertEquals } from "@std/assert";
import { randomIntegers, randomNormals } from "../../../src/checks/oracles/numbers/random.ts";
import { dequantise } from "../../../src/model/checkpoint/dequantise.ts";
import { type RawTensor, withModel } from "./altered_model.ts";

const CONFIG = {
  architectures: ["LlamaForCausalLM"],
  hidden_size: 96,
  intermediate_size: 96,
  num_hidden_layers: 1,
  num_attention_heads: 4,
  vocab_size: 8,
  max_position_embeddings: 8,
};
const MODULE = "model.layers.0.self_attn.q_proj";
const [ROWS, INNER] = [32, 96];

/** A code for each weight, and which group of its row each is in. */
interface Matrix {
  codes: Uint8Array;
  groups: readonly number[];
  /** For each row and group. */
  scales: Float32Array<ArrayBuffer>;
  zeros: number[];
}

/** Codes of so many bits in groups of `size`; `place` says where the i-th weight of the groups is. */
function randomMatrix(bits: number, size: number, place = (i: number) => i): Matrix {
  const groups: number[] = [];
  for (let i = 0; i < INNER; i++) groups[place(i)] = Math.floor(i / size);
  const count = ROWS * Math.ceil(INNER / size);
  return {
    codes: Uint8Array.from(randomIntegers(ROWS * INNER, 1, 2 ** bits)),
    groups,
    scales: randomNormals(count, 2),
    zeros: [...randomIntegers(count, 3, 2 ** bits)],
  };
}

/** (code − zero) · scale. */
function weightsOf({ codes, groups, scales, zeros }: Matrix): Float32Array {
  const count = scales.length / ROWS;
  return Float32Array.from(codes, (code, i) => {
    const at = Math.floor(i / INNER) * count + groups[i % INNER];
    return (code - zeros[at]) * scales[at];
  });
}

/** Codes of `bits` bits each as words, the first in the lowest bits of the first. */
function words(codes: ArrayLike<number>, bits: number): RawTensor["data"] {
  const packed = new Uint32Array(codes.length * bits / 32);
  for (let i = 0; i < codes.length * bits; i++) {
    packed[i >> 5] |= (codes[Math.floor(i / bits)] >> i % bits & 1) << i % 32;
  }
  return new Uint8Array(packed.buffer);
}

/** [columns, rows] from [rows, columns]. */
function turned(numbers: ArrayLike<number>, columns: number): number[] {
  const rows = numbers.length / columns;
  return Array.from(numbers, (_, i) => numbers[i % rows * columns + Math.floor(i / rows)]);
}

const singles = (shape: number[], numbers: ArrayLike<number>): RawTensor => ({
  dtype: "F32",
  shape,
  data: new Uint8Array(Float32Array.from(numbers).buffer),
});
const integers = (numbers: readonly number[]): RawTensor => ({
  dtype: "I32",
  shape: [numbers.length],
  data: new Uint8Array(Int32Array.from(numbers).buffer),
});

/** The module's weights as they are read: bit for bit the expected ones. */
async function assertRead(
  config: object,
  tensors: Record<string, RawTensor>,
  expected: Float32Array,
): Promise<void> {
  const named = Object.entries(tensors).map(([name, tensor]) => [`${MODULE}.${name}`, tensor]);
  const model = { config: { ...CONFIG, ...config }, tensors: Object.fromEntries(named) };
  await withModel(model, async ({ tensors, quantization }) => {
    const place = { tensors, module: MODULE, rows: ROWS, inner: INNER };
    const matrix = quantization!.open(place)!;
    assertEquals(matrix.tensors.toSorted(), [...tensors.names].sort());
    assertEquals(dequantise(await matrix.read(0, ROWS), matrix), expected);
  });
}

/** What config.json says of compressed-tensors. */
const compressed = (format: string, num_bits: number, strategy: string) => ({
  quantization_config: {
    quant_method: "compressed-tensors",
    format,
    config_groups: { group_0: { weights: { type: "int", num_bits, strategy } } },
  },
});

/** The tensors of codes that are packed along each row, with zero points packed along the rows. */
function packed({ codes, scales, zeros }: Matrix, bits: number): Record<string, RawTensor> {
  const groups = scales.length / ROWS;
  const zeroWords = turned(zeros, groups);
  const height = ROWS * bits / 32;
  const columns = new Uint32Array(words(zeroWords, bits).buffer);
  return {
    weight_packed: { dtype: "I32", shape: [ROWS, INNER * bits / 32], data: words(codes, bits) },
    weight_scale: singles([ROWS, groups], scales),
    weight_zero_point: { ...integers(turned(columns, height)), shape: [height, groups] },
  };
}

/** Every place once: 5 and 96 have no common divisor. */
const shuffled = (i: number) => (5 * i + 2) % INNER;

for (const bits of [4, 8]) {
  const config = compressed("pack-quantized", bits, "group");

  Deno.test(`compressed-tensors, ${bits} bits: groups of weights all over a row`, async () => {
    const matrix = randomMatrix(bits, 32, shuffled);
    const tensors = { ...packed(matrix, bits), weight_g_idx: integers(matrix.groups) };
    await assertRead(config, tensors, weightsOf(matrix));
  });

  Deno.test(`compressed-tensors, ${bits} bits: an order that says nothing`, async () => {
    const matrix = randomMatrix(bits, 32);
    const none = integers(matrix.groups.map(() => -1));
    await assertRead(config, { ...packed(matrix, bits), weight_g_idx: none }, weightsOf(matrix));
  });

  Deno.test(`compressed-tensors, ${bits} bits: one zero point for a matrix`, async () => {
    const matrix = randomMatrix(bits, INNER);
    const zero = 2 ** (bits - 1) - 3;
    const [scale] = matrix.scales.fill(0.3);
    const tensors = {
      weight_packed: packed(matrix, bits).weight_packed,
      weight_scale: singles([1], [scale]),
      weight_zero_point: { dtype: "I8", shape: [1], data: Uint8Array.of(-3 & 255) },
    };
    matrix.zeros.fill(zero);
    await assertRead(compressed("pack-quantized", bits, "tensor"), tensors, weightsOf(matrix));
  });
}

/** The tensors of GPTQ, whose codes are packed along the sum, with zero points as they are. */
function gptq(
  { codes, groups, scales, zeros }: Matrix,
  bits: number,
  hasOrder: boolean,
): Record<string, RawTensor> {
  const count = scales.length / ROWS;
  const height = INNER * bits / 32;
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const own = codes.slice(row * INNER, (row + 1) * INNER);
    return [...new Uint32Array(words(own, bits).buffer)];
  });
  const zeroRows = Array.from({ length: count }, (_, group) => {
    const own = turned(zeros, count).slice(group * ROWS, (group + 1) * ROWS);
    return [...new Uint32Array(words(own, bits).buffer)];
  });
  return {
    qweight: { ...integers(turned(rows.flat(), height)), shape: [height, ROWS] },
    qzeros: { ...integers(zeroRows.flat()), shape: [count, ROWS * bits / 32] },
    scales: singles([count, ROWS], turned(scales, count)),
    ...(hasOrder && { g_idx: integers(groups) }),
  };
}

/** What config.json says of GPTQ. */
const gptqSettings = (bits: number, group_size: number, changes: object = {}) => ({
  quantization_config: {
    quant_method: "gptq",
    bits,
    group_size,
    checkpoint_format: "gptq_v2",
    ...changes,
  },
});

for (const bits of [2, 3, 4, 8]) {
  for (const hasOrder of [true, false]) {
    const order = hasOrder ? "with g_idx" : "without";
    Deno.test(`GPTQ, ${bits} bits: a last group that is shorter, ${order}`, async () => {
      const matrix = randomMatrix(bits, 64, hasOrder ? shuffled : undefined);
      const tensors = gptq(matrix, bits, hasOrder);
      await assertRead(gptqSettings(bits, 64), tensors, weightsOf(matrix));
    });
  }

  Deno.test(`GPTQ, ${bits} bits: groups of another size than the settings have`, async () => {
    const matrix = randomMatrix(bits, 48);
    await assertRead(gptqSettings(bits, 32), gptq(matrix, bits, true), weightsOf(matrix));
  });

  Deno.test(`GPTQ, ${bits} bits, version 1: zero points of 0 are less than nothing`, async () => {
    const matrix = randomMatrix(bits, 32);
    for (let i = 0; i < matrix.zeros.length; i += 2) matrix.zeros[i] = 0;
    const stored = gptq(matrix, bits, true);
    const settings = gptqSettings(bits, 32, { checkpoint_format: "gptq" });
    await assertRead(
      settings,
      { ...stored, qzeros: lessByOne(stored, matrix, bits) },
      weightsOf(matrix),
    );
  });
}

/** Zero points as GPTQModel makes them less by one: all of a word at once, or, if words cut them, each. */
function lessByOne(
  { qzeros }: Record<string, RawTensor>,
  matrix: Matrix,
  bits: number,
): RawTensor {
  if (bits === 3) {
    const zeros = matrix.zeros.map((zero) => zero - 1 & 7);
    return gptq({ ...matrix, zeros }, bits, true).qzeros;
  }
  let ones = 0;
  for (let at = 0; at < 32; at += bits) ones += 2 ** at;
  const less = new Uint32Array(qzeros.data.buffer).map((word) => word - ones);
  return { ...qzeros, data: new Uint8Array(less.buffer) };
}

Deno.test("compressed-tensors, integers: one zero point for a matrix", async () => {
  const matrix = randomMatrix(8, INNER);
  const [scale] = matrix.scales.fill(0.3);
  matrix.zeros.fill(128 + 7);
  const tensors = {
    weight: { dtype: "I8", shape: [ROWS, INNER], data: matrix.codes.map((code) => code ^ 128) },
    weight_scale: singles([1], [scale]),
    weight_zero_point: { dtype: "I8", shape: [1], data: Uint8Array.of(7) },
  };
  await assertRead(compressed("int-quantized", 8, "tensor"), tensors, weightsOf(matrix));
});

Deno.test("MLX with single floats: the product is rounded before the bias is added", async () => {
  const { codes, scales } = randomMatrix(8, 32);
  const biases = randomNormals(scales.length, 4);
  const expected = Float32Array.from(
    codes,
    (code, i) => Math.fround(code * scales[Math.floor(i / 32)]) + biases[Math.floor(i / 32)],
  );
  const tensors = {
    weight: { dtype: "U32", shape: [ROWS, INNER / 4], data: words(codes, 8) },
    scales: singles([ROWS, 3], scales),
    biases: singles([ROWS, 3], biases),
  };
  await assertRead({ quantization: { bits: 8, group_size: 32 } }, tensors, expected);
});

Deno.test("FP8: blocks of 128 where config.json does not say their size", async () => {
  const [rows, inner] = [136, 160];
  const data = new Uint8Array(rows * inner).fill(0x38); // 1 in E4M3.
  const scales = [1, 2, 3, 4];
  const model = {
    config: { ...CONFIG, quantization_config: { quant_method: "fp8" } },
    tensors: {
      [`${MODULE}.weight`]: { dtype: "F8_E4M3", shape: [rows, inner], data },
      [`${MODULE}.weight_scale_inv`]: singles([2, 2], scales),
    },
  };
  await withModel(model, async ({ tensors, quantization }) => {
    const matrix = quantization!.open({ tensors, module: MODULE, rows, inner })!;
    const expected = Float32Array.from(
      data,
      (_, i) => scales[2 * Number(i >= 128 * inner) + Number(i % inner >= 128)],
    );
    assertEquals(dequantise(await matrix.read(0, rows), matrix), expected);
  });
});

Deno.test("FP8: blocks of single rows", async () => {
  const data = new Uint8Array(ROWS * INNER).fill(0x38); // 1 in E4M3.
  const scales = Float32Array.from({ length: ROWS * 2 }, (_, i) => i + 1);
  const tensors = {
    weight: { dtype: "F8_E4M3", shape: [ROWS, INNER], data },
    weight_scale_inv: singles([ROWS, 2], scales),
  };
  const settings = { quant_method: "fp8", weight_block_size: [1, 64] };
  const expected = Float32Array.from(
    data,
    (_, i) => scales[2 * Math.floor(i / INNER) + Number(i % INNER >= 64)],
  );
  await assertRead({ quantization_config: settings }, tensors, expected);
});

for (const type of ["int", "float"]) {
  Deno.test(`compressed-tensors, naive-quantized: ${type} in blocks of the second group's size`, async () => {
    const weights = { num_bits: 8, type, strategy: "block" };
    const config = compressed("naive-quantized", 8, "block");
    const groups = {
      group_0: { weights: { ...weights, block_structure: [64, 64] } },
      group_1: { weights: { ...weights, block_structure: "16x48" } },
    };
    const scales = [1, 2, 3, 4];
    const expected = Float32Array.from(
      { length: ROWS * INNER },
      (_, i) => scales[2 * Number(i >= 16 * INNER) + Number(i % INNER >= 48)],
    );
    const [dtype, one] = type === "int" ? ["I8", 1] : ["F8_E4M3", 0x38];
    const data = new Uint8Array(ROWS * INNER).fill(one);
    const tensors = {
      weight: { dtype, shape: [ROWS, INNER], data },
      weight_scale: singles([2, 2], scales),
    };
    const quantization_config = { ...config.quantization_config, config_groups: groups };
    await assertRead({ quantization_config }, tensors, expected);
  });
}
