/** Integers that are packed here as their formats describe it are those that were packed. */
import { randomNormals } from "../../../src/checks/oracles/numbers/random.ts";
import type { RawTensor } from "./altered_model.ts";
import {
  assertRead,
  compressed,
  INNER,
  integers,
  type Matrix,
  randomMatrix,
  ROWS,
  singles,
  turned,
  weightsOf,
  words,
} from "./matrix_layouts.ts";

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

for (const bits of [2, 3, 4, 5, 6, 7, 8]) {
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

Deno.test("GPTQ: a scale that a half could not hold", async () => {
  const matrix = randomMatrix(4, 32);
  matrix.scales[5] = 0;
  await assertRead(gptqSettings(4, 32), gptq(matrix, 4, true), weightsOf(matrix));
});

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

Deno.test("compressed-tensors under the key that it had at first", async () => {
  const matrix = randomMatrix(4, 32);
  const { quantization_config: compression_config } = compressed("pack-quantized", 4, "group");
  await assertRead({ compression_config }, packed(matrix, 4), weightsOf(matrix));
});

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
