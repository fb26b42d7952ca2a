/** Wider tables than `doctor` has time for. */
import { assert } from "@std/assert";
import { EDGE_POSITIONS, randomTree } from "../../src/checks/attention/attention_cases.ts";
import { checkAttention } from "../../src/checks/attention/attention_checks.ts";
import { attentionPool, textAttentionPool } from "../../src/checks/attention/attention_pool.ts";
import { Findings } from "../../src/checks/check.ts";
import { checkRowInvariance, type PooledKernel, SOME_SIZES } from "../../src/checks/invariance.ts";
import { checkStore } from "../../src/checks/products/product_checks.ts";
import { addNormedPool, normedHeadsPool } from "../../src/checks/norms/norm_pools.ts";
import { QUANTISED } from "../../src/checks/products/storages.ts";
import {
  attentionInputsPool,
  gatedPool,
  residualPool,
  storePool,
} from "../../src/checks/products/product_pools.ts";
import type { SamplingCase } from "../../src/checks/sampling/sampling_cases.ts";
import { checkSampling } from "../../src/checks/sampling/sampling_checks.ts";
import { Workspace } from "../../src/checks/workspace.ts";
import type { Gpu, GpuOptions } from "../../src/gpu/gpu.ts";
import { profileOf } from "../../src/ops/profiles.ts";
import { textRow } from "../../src/ops/rows.ts";
import { IS_SECOND_DRIVER, VARIANTS, withGpu } from "../gpu/with_gpu.ts";

/** A test of what the body hands to its findings. */
function sweep(
  name: string,
  body: (gpu: Gpu, findings: Findings) => Promise<void>,
  options?: GpuOptions,
): void {
  withGpu(name, async (gpu) => {
    const findings = new Findings();
    await body(gpu, findings);
    const { passed, detail } = findings.result();
    assert(passed, detail);
  }, options);
}

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

/** Every batch size from 2 to 64; on the slow second driver those that tiles make a difference to. */
const TRIED_SIZES = IS_SECOND_DRIVER ? SOME_SIZES : Array.from({ length: 63 }, (_, i) => i + 2);

type PoolMaker = (workspace: Workspace) => PooledKernel;

const POOLS: Readonly<Record<string, PoolMaker>> = {
  "a product in f32": (workspace) =>
    storePool(workspace, { inner: 1000, columns: 21, format: "F32" }),
  "a product of eight": (workspace) =>
    storePool(workspace, { inner: 8, columns: 9, format: "BF16", normed: true }),
  "a residual product": (workspace) =>
    residualPool(workspace, { inner: 704, columns: 40, format: "BF16" }),
  "a gated product": (workspace) =>
    gatedPool(workspace, { inner: 72, columns: 48, format: "F32", normed: true }),
  "a product of many rows in f32": (workspace) =>
    storePool(workspace, { inner: 1000, columns: 213, format: "F32", manyRows: true }),
  "a product of many rows in codes": (workspace) =>
    storePool(workspace, { inner: 320, columns: 72, ...QUANTISED.U4, manyRows: true }),
  "many rows into a cache": (workspace) =>
    attentionInputsPool(workspace, {
      inner: 136,
      format: "BF16",
      normed: true,
      heads: { headCount: 3, kvHeadCount: 1, headDim: 64 },
      kv: "f16",
      manyRows: true,
    }),
  "a product into an f32 cache": (workspace) =>
    attentionInputsPool(workspace, {
      inner: 40,
      format: "F16",
      normed: true,
      heads: { headCount: 3, kvHeadCount: 1, headDim: 64 },
      kv: "f32",
    }),
  "attention of small heads": (workspace) =>
    attentionPool(workspace, { headCount: 3, kvHeadCount: 3, headDim: 8 }, "f32"),
  "attention of large heads": (workspace) =>
    attentionPool(workspace, { headCount: 4, kvHeadCount: 1, headDim: 128 }, "f16"),
  "attention through a window": (workspace) =>
    attentionPool(workspace, { headCount: 4, kvHeadCount: 2, headDim: 24 }, "f32", { window: 65 }),
  "attention of text with small heads": (workspace) =>
    textAttentionPool(workspace, { headCount: 3, kvHeadCount: 3, headDim: 8 }, "f16"),
  "attention of text with heads of odd octets": (workspace) =>
    textAttentionPool(workspace, { headCount: 10, kvHeadCount: 2, headDim: 40 }, "f32", {
      softCap: 5,
    }),
  "attention of text with large heads": (workspace) =>
    textAttentionPool(workspace, { headCount: 7, kvHeadCount: 1, headDim: 128 }, "f16", {
      window: 65,
    }),
  "attention of text with the largest heads": (workspace) =>
    textAttentionPool(workspace, { headCount: 2, kvHeadCount: 1, headDim: 256 }, "f16"),
  "attention of text with more heads than a tile has queries": (workspace) =>
    textAttentionPool(workspace, { headCount: 37, kvHeadCount: 1, headDim: 24 }, "f32", {
      window: 1,
    }),
  "norms of large heads": (workspace) =>
    normedHeadsPool(workspace, { headCount: 4, kvHeadCount: 1, headDim: 256 }, false),
  "a norm that is added": (workspace) => addNormedPool(workspace, 640),
};

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

  for (const [pool, makePool] of Object.entries(POOLS)) {
    sweep(`${title}: ${pool} gives a row the same bits in any batch`, async (gpu, findings) => {
      using workspace = new Workspace(gpu);
      await checkRowInvariance(gpu, makePool(workspace), TRIED_SIZES, findings);
    }, options);
  }
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
