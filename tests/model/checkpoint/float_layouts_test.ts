/** Floats of few bits that are packed here as their formats describe it are those that were packed. */
import { assertEquals } from "@std/assert";
import { dequantise } from "../../../src/model/checkpoint/dequantise.ts";
import { withModel } from "./altered_model.ts";
import { assertRead, compressed, CONFIG, INNER, MODULE, ROWS, singles } from "./matrix_layouts.ts";

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

/** Bytes of small floats in groups, the scales of which are bytes, too: 1 and 2 as powers of two. */
const POWERS = Uint8Array.from({ length: ROWS * INNER / 32 }, (_, i) => 127 + i % 2);
const ofPowers = (one: (i: number) => number) =>
  Float32Array.from(
    { length: ROWS * INNER },
    (_, i) => one(i) * (Math.floor(i / 32) % 2 ? 2 : 1),
  );
/** 1.5, then −6, in turn. */
const E2M1_PAIRS = new Uint8Array(ROWS * INNER / 2).fill(0xf3);
const pairOf = (i: number) => i % 2 ? -6 : 1.5;

Deno.test("compressed-tensors, mxfp4-pack-quantized", async () => {
  const tensors = {
    weight_packed: { dtype: "U8", shape: [ROWS, INNER / 2], data: E2M1_PAIRS },
    weight_scale: { dtype: "U8", shape: [ROWS, INNER / 32], data: POWERS },
  };
  await assertRead(floats("mxfp4-pack-quantized", 4), tensors, ofPowers(pairOf));
});

Deno.test("compressed-tensors, mxfp8-quantized", async () => {
  const tensors = {
    weight: {
      dtype: "F8_E4M3",
      shape: [ROWS, INNER],
      data: new Uint8Array(ROWS * INNER).fill(0x38),
    },
    weight_scale: { dtype: "U8", shape: [ROWS, INNER / 32], data: POWERS },
  };
  await assertRead(floats("mxfp8-quantized", 8), tensors, ofPowers(() => 1));
});

/** What config.json says of floats of so many bits. */
function floats(format: string, num_bits: number): object {
  const config = compressed(format, num_bits, "group");
  config.quantization_config.config_groups.group_0.weights.type = "float";
  return config;
}

Deno.test("Model Optimizer, NVFP4: scales of groups times that of the matrix, rounded", async () => {
  const scale = Math.fround(0.1);
  // 1 and 1.5 in E4M3.
  const scales = Uint8Array.from({ length: ROWS * INNER / 16 }, (_, i) => i % 2 ? 0x3c : 0x38);
  const tensors = {
    weight: { dtype: "U8", shape: [ROWS, INNER / 2], data: E2M1_PAIRS },
    weight_scale: { dtype: "F8_E4M3", shape: [ROWS, INNER / 16], data: scales },
    weight_scale_2: singles([], [scale]),
    input_scale: singles([], [0.5]),
  };
  const expected = Float32Array.from(
    { length: ROWS * INNER },
    (_, i) => pairOf(i) * Math.fround((Math.floor(i / 16) % 2 ? 1.5 : 1) * scale),
  );
  const quantization_config = { quant_method: "modelopt", quant_algo: "NVFP4" };
  await assertRead({ quantization_config }, tensors, expected);
});

Deno.test("Model Optimizer, FP8, with scales of a quantised cache", async () => {
  const scale = Math.fround(0.1);
  const data = new Uint8Array(ROWS * INNER).fill(0xbc); // −1.5 in E4M3.
  const tensors = {
    weight: { dtype: "F8_E4M3", shape: [ROWS, INNER], data },
    weight_scale: singles([], [scale]),
    input_scale: singles([], [0.5]),
    k_scale: singles([], [1]),
  };
  const settings = {
    quant_algo: "MIXED_PRECISION",
    quantized_layers: { x: { quant_algo: "FP8" } },
  };
  const quantization_config = { quant_method: "modelopt", ...settings };
  await assertRead({ quantization_config }, tensors, Float32Array.from(data, () => -1.5 * scale));
});
