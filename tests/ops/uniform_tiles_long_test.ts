/** Uniform tiles of products: each takes a software driver seconds to compile. */
import { assert } from "@std/assert";
import { Findings } from "../../src/checks/check.ts";
import type { StoreCase } from "../../src/checks/products/product_cases.ts";
import { checkStore } from "../../src/checks/products/product_checks.ts";
import { permuted, QUANTISED } from "../../src/checks/products/storages.ts";
import { requestGpu } from "../../src/gpu/request_gpu.ts";
import { BLOCK_TILES } from "../../src/ops/products/block_tiles.ts";
import { useTiles } from "../../src/ops/profiles.ts";
import { reorderKernels } from "../gpu/lane_order.ts";
import { HARDWARE } from "../gpu/with_gpu.ts";

/** Rows that fill no tile, columns that fill no workgroup, and sums of which some parts are not whole. */
const CASES: readonly [rowLanes: 1 | 2, StoreCase][] = [
  [1, { rows: 9, inner: 8, columns: 1, format: "F32" }],
  [2, { rows: 13, inner: 264, columns: 137, format: "BF16", normed: true, columnsPerSlice: 72 }],
  [1, { rows: 21, inner: 288, columns: 37, ...QUANTISED.U4, normed: true }],
  [2, { rows: 35, inner: 576, columns: 200, format: "F16", normed: true, biased: true }],
  [2, { rows: 10, inner: 96, columns: 130, ...QUANTISED.mxfp4, normed: true }],
  [1, { rows: 11, inner: 272, columns: 66, ...QUANTISED.F8 }],
  [2, { rows: 12, inner: 128, columns: 72, ...permuted(128) }],
];

for (const [order, reorder] of [["in order", () => {}], ["backwards", reorderKernels]] as const) {
  Deno.test(`uniform tiles give the products of every codec, lanes ${order}`, async () => {
    using gpu = await requestGpu(HARDWARE.options);
    reorder(gpu);
    const findings = new Findings();
    for (const [rowLanes, product] of CASES) {
      const manyRowsTile = { rows: 8 * rowLanes, rowLanes, input: "uniform", ahead: 1 } as const;
      useTiles(gpu, { tiles: [BLOCK_TILES[0]], manyRowsTile });
      await checkStore(gpu, product, findings);
    }
    const { passed, detail } = findings.result();
    assert(passed, detail);
  });
}
