import type { ProductLayout } from "../../src/ops/layouts.ts";
import { fits } from "../../src/ops/products/block_tiles.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { randomNormals } from "../../src/checks/oracles/numbers/random.ts";
import { Workspace } from "../../src/checks/workspace.ts";
import type { Gpu, GpuOptions } from "../../src/gpu/gpu.ts";
import { MAX_NODES } from "../../src/ops/limits.ts";
import { attention } from "../../src/ops/attention.ts";
import { project } from "../../src/ops/products/matmul.ts";
import { MAX_ROW_TILE, profileOf, PROFILES } from "../../src/ops/profiles.ts";
import { textRow } from "../../src/ops/rows.ts";
import { VARIANTS, withGpu } from "../gpu/with_gpu.ts";

Deno.test("a device's class and its subgroups decide its profile", () => {
  const profileFor = (deviceClass: GpuOptions["deviceClass"], subgroupSize: number) =>
    profileOf({ deviceClass, subgroupSize } as Gpu).name;
  assertEquals(profileFor("software", 8), "subgroup8");
  assertEquals(profileFor("software", 4), "scalar");
  assertEquals(profileFor("software", 0), "scalar");
  for (const subgroupSize of [0, 8, 32]) assertEquals(profileFor("hardware", subgroupSize), "gpu");
});

Deno.test("GPUs of some vendors have tiles of their own, unless a profile was asked for", () => {
  const tilesFor = (vendor: string, options: Partial<Gpu> = {}) => {
    const gpu = { deviceClass: "hardware", info: { vendor }, ...options } as Gpu;
    const { product } = profileOf(gpu).layouts;
    return product.kernel === "matmul_blocks" ? product.manyRowsTile : undefined;
  };
  for (const vendor of ["32902", "4098"]) assertEquals(tilesFor(vendor)?.input, "uniform");
  for (const vendor of ["4318", "0", "", "intel"]) assertEquals(tilesFor(vendor), undefined);
  assertEquals(tilesFor("32902", { profile: "gpu" }), undefined);
  assertEquals(tilesFor("32902", { deviceClass: "software" }), undefined);
});

for (const { name, layouts, trees } of Object.values(PROFILES)) {
  Deno.test(`${name}: layouts and trees keep to the limits of the kernels`, () => {
    const { product } = layouts;
    if (product.kernel === "matmul_blocks") {
      for (const { rows } of product.tiles) assert(rows <= MAX_ROW_TILE);
    } else {
      assert(product.rowTile <= MAX_ROW_TILE);
    }
    assert(trees.nodes >= 2 && trees.nodes <= trees.largest && trees.largest <= MAX_NODES);
  });
}

for (const { title, options } of VARIANTS) {
  withGpu(`${title}: tiles of other sizes give a product's rows the same bits`, async (gpu) => {
    using workspace = new Workspace(gpu);
    const [rowCount, inner, columns] = [13, 72, 40];
    const batch = workspace.batch(Array.from({ length: rowCount }, (_, i) => textRow(0, i)));
    const values = randomNormals(columns * inner, 1);
    const { weights } = workspace.matrix(values, { inner, columns, format: "F16" });
    const input = workspace.rowFloats("input", rowCount, inner, randomNormals(rowCount * inner, 2));
    const output = workspace.rowFloats("output", rowCount, columns);
    const own = profileOf(gpu).layouts.product;
    const products = [];
    const others: ProductLayout[] = own.kernel === "matmul_blocks"
      ? own.tiles.filter((tile) => fits(tile, gpu.limits)).map((tile) => ({
        ...own,
        tiles: [tile],
      }))
      : [1, 3, 4, 8].map((rowTile) => ({ ...own, rowTile }));
    for (const layout of [own, ...others]) {
      workspace.run(...project(gpu, { batch, rowCount, weights, input, output, layout }));
      products.push(await gpu.readWords(output, 0, rowCount * columns));
    }
    for (const product of products) assertEquals(product, products[0]);
  }, options);

  withGpu(`${title}: heads that no kernel has registers for are refused`, (gpu) => {
    using workspace = new Workspace(gpu);
    const heads = { headCount: 1, kvHeadCount: 1, headDim: 1032 };
    const batch = workspace.batch([textRow(0, 0)]);
    const buffer = workspace.words("not read", 1);
    const cache = { buffer, slots: 1, format: "f16" } as const;
    const inputs = { batch, rowCount: 1, heads, queries: buffer, cache, scale: 1, output: buffer };
    assertThrows(() => attention(gpu, inputs), RangeError, "heads of 1032 dimensions, at most");
  }, options);
}
