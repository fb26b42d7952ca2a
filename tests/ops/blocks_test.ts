/** Products by blocks of 32 columns, as GPUs have them. */
import { assert, assertEquals } from "@std/assert";
import { Findings } from "../../src/checks/check.ts";
import { checkRowInvariance, type PooledKernel } from "../../src/checks/invariance.ts";
import type { StoreCase } from "../../src/checks/products/product_cases.ts";
import { checkStore } from "../../src/checks/products/product_checks.ts";
import { residualPool, storePool } from "../../src/checks/products/product_pools.ts";
import { QUANTISED } from "../../src/checks/products/storages.ts";
import { Workspace } from "../../src/checks/workspace.ts";
import { BLOCK_TILES } from "../../src/ops/products/block_tiles.ts";
import { tilingOf } from "../../src/ops/products/tilings.ts";
import { PROFILES, useTiles } from "../../src/ops/profiles.ts";
import { HARDWARE, VARIANTS, withGpu } from "../gpu/with_gpu.ts";

const { layouts } = PROFILES.gpu;

function tiling(rowCount: number, maxComputeWorkgroupStorageSize = 49152) {
  const sizes = { rowCount, inner: 4096, columns: 4096 };
  return tilingOf(layouts.product, sizes, { maxComputeWorkgroupStorageSize });
}

Deno.test("rows are served by the least tile that has room for them", () => {
  const tiles = [1, 2, 3, 4, 5, 8, 9, 16, 17, 32, 33, 64].map((rowCount) => tiling(rowCount).rows);
  assertEquals(tiles, [1, 2, 4, 4, 8, 8, 16, 16, 32, 32, 32, 32]);
});

Deno.test("a tile's lanes have registers and workgroups room for its rows", () => {
  const { product } = layouts;
  assert(product.kernel === "matmul_blocks");
  for (const { rows, rowLanes } of product.tiles) {
    assert(rows % rowLanes === 0 && rows / rowLanes <= 8);
  }
  assertEquals([16384, 32768, 49152].map((bytes) => tiling(64, bytes).rows), [4, 16, 32]);
});

Deno.test("few columns are shared by more workgroups, where rows are few", () => {
  const columnsOf = (rowCount: number, columns: number) =>
    tilingOf(layouts.product, { rowCount, inner: 4096, columns }, {
      maxComputeWorkgroupStorageSize: 49152,
    }).columns;
  const shapes = [22016, 4096, 2048, 576];
  assertEquals(shapes.map((columns) => columnsOf(1, columns)), [32, 16, 8, 8]);
  assertEquals(shapes.map((columns) => columnsOf(16, columns)), [32, 16, 16, 16]);
  assertEquals(shapes.map((columns) => columnsOf(32, columns)), [32, 32, 32, 32]);
});

Deno.test("few columns have more octets under way, as far as parts have them", () => {
  const ahead = (rowCount: number, inner: number, columns: number, octetBytes = 16) =>
    tilingOf(layouts.product, { rowCount, inner, columns, octetBytes }, {
      maxComputeWorkgroupStorageSize: 49152,
    }).constants.AHEAD;
  assertEquals([22016, 8192, 4096, 576].map((columns) => ahead(1, 4096, columns)), [1, 2, 4, 4]);
  assertEquals([22016, 8192].map((columns) => ahead(1, 4096, columns, 4)), [4, 4]);
  assertEquals([64, 320, 576, 1088, 1536, 2048].map((inner) => ahead(1, inner, 576)), [
    ...[1, 2, 3, 4, 3, 4],
  ]);
  assertEquals([1, 2, 4, 8, 16, 32].map((rows) => ahead(rows, 4096, 576)), [4, 4, 2, 2, 1, 1]);
});

Deno.test("a part of a sum is whole loads of four octets", () => {
  const part = (inner: number) =>
    tilingOf(layouts.product, { rowCount: 1, inner, columns: 8 }, {
      maxComputeWorkgroupStorageSize: 16384,
    }).constants.PART;
  assertEquals([8, 256, 264, 576, 4096, 11008].map(part), [4, 4, 8, 12, 64, 172]);
});

/** Each way of storing weights, with few rows: the same code serves more of them. */
const CASES: readonly StoreCase[] = [
  { rows: 1, inner: 8, columns: 1, format: "F32" },
  { rows: 2, inner: 264, columns: 37, format: "BF16", normed: true, columnsPerSlice: 24 },
  { rows: 3, inner: 288, columns: 37, ...QUANTISED.U4, normed: true, columnsPerSlice: 24 },
  { rows: 1, inner: 72, columns: 9, ...QUANTISED.shifted },
  { rows: 1, inner: 2048, columns: 40, ...QUANTISED.U8 },
  { rows: 2, inner: 272, columns: 50, ...QUANTISED.F8, columnsPerSlice: 16 },
  { rows: 1, inner: 64, columns: 77, ...QUANTISED.T4, normed: true },
];

/** Row counts of every tile, with rows that fill none. */
const SIZES = [2, 4, 8, 17];

const POOLS: Readonly<Record<string, (workspace: Workspace) => PooledKernel>> = {
  "in halves and whole blocks": (workspace) =>
    storePool(workspace, { inner: 72, columns: 4104, format: "F16", normed: true }),
  "in tiles of halves": (workspace) =>
    residualPool(workspace, {
      inner: 264,
      columns: 136,
      format: "F16",
      normed: true,
      biased: true,
    }),
  "with twelve octets of a column under way": (workspace) =>
    storePool(workspace, { inner: 1536, columns: 40, format: "F16", normed: true }),
  "with sixteen, more than some parts have": (workspace) =>
    storePool(workspace, { inner: 1096, columns: 40, format: "F16" }),
  "in tiles of codes": (workspace) =>
    storePool(workspace, { inner: 320, columns: 72, ...QUANTISED.U4 }),
};

/** More rows than a tile of such rows has; sums of which some parts are not whole. */
const UNIFORM_CASE: StoreCase = { rows: 11, inner: 264, columns: 137, format: "F16", normed: true };

for (const { title, options } of VARIANTS.filter((variant) => variant === HARDWARE)) {
  withGpu(`${title}: uniform tiles give a product`, async (gpu) => {
    const manyRowsTile = { rows: 8, rowLanes: 1, input: "uniform", ahead: 1 } as const;
    useTiles(gpu, { tiles: [BLOCK_TILES[0]], manyRowsTile });
    const findings = new Findings();
    await checkStore(gpu, UNIFORM_CASE, findings);
    useTiles(gpu, null);
    const { passed, detail } = findings.result();
    assert(passed, detail);
  }, options);

  withGpu(`${title}: blocks of 32 columns give the products of every codec`, async (gpu) => {
    const findings = new Findings();
    for (const product of CASES) await checkStore(gpu, product, findings);
    const { passed, detail } = findings.result();
    assert(passed, detail);
  }, options);

  for (const [where, makePool] of Object.entries(POOLS)) {
    withGpu(`${title}: a row alone equals the row among others ${where}`, async (gpu) => {
      using workspace = new Workspace(gpu);
      const findings = new Findings();
      await checkRowInvariance(gpu, makePool(workspace), SIZES, findings);
      const { passed, detail } = findings.result();
      assert(passed, detail);
    }, options);
  }
}
