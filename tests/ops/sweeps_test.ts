/** Wider tables than `doctor` has time for. */
import { EDGE_POSITIONS, randomTree } from "../../src/checks/attention/attention_cases.ts";
import { checkAttention } from "../../src/checks/attention/attention_checks.ts";
import { checkRowInvariance, SOME_SIZES } from "../../src/checks/invariance.ts";
import { checkStore } from "../../src/checks/products/product_checks.ts";
import type { SamplingCase } from "../../src/checks/sampling/sampling_cases.ts";
import { checkSampling } from "../../src/checks/sampling/sampling_checks.ts";
import { Workspace } from "../../src/checks/workspace.ts";
import { profileOf } from "../../src/ops/profiles.ts";
import { textRow } from "../../src/ops/rows.ts";
import { IS_SECOND_DRIVER, VARIANTS } from "../gpu/with_gpu.ts";
import { POOLS, sweep } from "./sweep.ts";

const FORMATS = ["F32", "F16", "BF16"] as const;

/** Row counts that fill every tile, and one row more. */
const ROW_COUNTS = IS_SECOND_DRIVER
  ? [1, 2, 9, 33, 64]
  : [1, 2, 3, 4, 5, 8, 9, 16, 17, 31, 32, 33, 63, 64];

/** Query heads per key-value head, and head sizes that no subgroup or chunk is a multiple of. */
const HEADS: readonly (readonly [group: number, headDim: number])[] = [
  [1, 16],
  [2, 24],
  [5, 40],
  [7, 48],
  [12, 64],
  [3, 96],
  [16, 128],
  [2, 256],
];

for (const { title, options } of VARIANTS) {
  sweep(`${title}: products of any number of rows`, async (gpu, findings) => {
    for (const rows of ROW_COUNTS) {
      const format = FORMATS[rows % 3];
      const product = { rows, inner: 136, columns: 77, format, normed: rows % 2 === 0 };
      await checkStore(gpu, product, findings);
    }
  }, options);

  sweep(`${title}: attention of any heads`, async (gpu, findings) => {
    const greatest = Math.max(...profileOf(gpu).layouts.attention.map((own) => own.maxHeadDim));
    for (const [i, [group, headDim]] of [...HEADS, [1, greatest]].entries()) {
      const rows = [...randomTree(5, EDGE_POSITIONS[i % EDGE_POSITIONS.length], i), textRow(0, 70)];
      const heads = { headCount: 2 * group, kvHeadCount: 2, headDim };
      await checkAttention(gpu, { ...heads, kv: i % 2 ? "f16" : "f32", rows }, findings);
    }
  }, options);
}

// The long tests try batches of every size, and the kernels of other devices.
for (const [pool, makePool] of Object.entries(POOLS)) {
  sweep(`${pool} gives a row the same bits in any batch`, async (gpu, findings) => {
    using workspace = new Workspace(gpu);
    await checkRowInvariance(gpu, makePool(workspace), SOME_SIZES, findings);
  });
}

const SEEDS = [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 12345, 2 ** 53 - 1];
const FILTERS: readonly SamplingCase["settings"][] = [
  {},
  { temperature: 0.3, topK: 1 },
  { temperature: 3, topK: 7, repetitionPenalty: 2 },
  { topP: 0.05 },
  { temperature: 0.9, topP: 0.999 },
  { minP: 1 },
  { temperature: 1.3, topK: 90, topP: 0.6, minP: 0.3, repetitionPenalty: 1.05 },
];

for (const vocabularySize of [1, 2, 5, 31, 33, 100, 513, 4096]) {
  sweep(`every seed and filter, vocabulary ${vocabularySize}`, async (gpu, findings) => {
    for (const [i, settings] of FILTERS.entries()) {
      const seed = SEEDS[(i + vocabularySize) % SEEDS.length];
      const rows = Math.min(40, Math.ceil(20000 / vocabularySize));
      const sampling = { rows, vocabularySize, firstPosition: 1000 * i, hasTies: i % 2 === 1 };
      await checkSampling(gpu, { ...sampling, settings: { ...settings, seed } }, findings);
    }
  });
}
