/** Matrices that are packed as their formats describe it, in checkpoints of one matrix. */
import { assertEquals } from "@std/assert";
import { randomIntegers, randomNormals } from "../../../src/checks/oracles/numbers/random.ts";
import { dequantise } from "../../../src/model/checkpoint/dequantise.ts";
import { type RawTensor, withModel } from "./altered_model.ts";

/** What config.json of the matrices' model says beside how they are stored. */
export const CONFIG = {
  architectures: ["LlamaForCausalLM"],
  hidden_size: 96,
  intermediate_size: 96,
  num_hidden_layers: 1,
  num_attention_heads: 4,
  vocab_size: 8,
  max_position_embeddings: 8,
};
/** The module that has the matrix. */
export const MODULE = "model.layers.0.self_attn.q_proj";
/** Rows of the matrix, and their length. */
export const [ROWS, INNER]: [number, number] = [32, 96];

/** A code for each weight, and which group of its row each is in. */
export interface Matrix {
  codes: Uint8Array;
  groups: readonly number[];
  /** For each row and group. */
  scales: Float32Array<ArrayBuffer>;
  zeros: number[];
}

/** Codes of so many bits in groups of `size`; `place` says where the i-th weight of the groups is. */
export function randomMatrix(bits: number, size: number, place = (i: number) => i): Matrix {
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
export function weightsOf({ codes, groups, scales, zeros }: Matrix): Float32Array {
  const count = scales.length / ROWS;
  return Float32Array.from(codes, (code, i) => {
    const at = Math.floor(i / INNER) * count + groups[i % INNER];
    return (code - zeros[at]) * scales[at];
  });
}

/** Codes of `bits` bits each as words, the first in the lowest bits of the first. */
export function words(codes: ArrayLike<number>, bits: number): RawTensor["data"] {
  const packed = new Uint32Array(codes.length * bits / 32);
  for (let i = 0; i < codes.length * bits; i++) {
    packed[i >> 5] |= (codes[Math.floor(i / bits)] >> i % bits & 1) << i % 32;
  }
  return new Uint8Array(packed.buffer);
}

/** [columns, rows] from [rows, columns]. */
export function turned(numbers: ArrayLike<number>, columns: number): number[] {
  const rows = numbers.length / columns;
  return Array.from(numbers, (_, i) => numbers[i % rows * columns + Math.floor(i / rows)]);
}

/** A tensor of single floats. */
export const singles = (shape: number[], numbers: ArrayLike<number>): RawTensor => ({
  dtype: "F32",
  shape,
  data: new Uint8Array(Float32Array.from(numbers).buffer),
});
/** A tensor of integers. */
export const integers = (numbers: readonly number[]): RawTensor => ({
  dtype: "I32",
  shape: [numbers.length],
  data: new Uint8Array(Int32Array.from(numbers).buffer),
});

/** The module's weights as they are read: bit for bit the expected ones. */
export async function assertRead(
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
export const compressed = (format: string, num_bits: number, strategy: string) => ({
  quantization_config: {
    quant_method: "compressed-tensors",
    format,
    config_groups: { group_0: { weights: { type: "int", num_bits, strategy } } },
  },
});
