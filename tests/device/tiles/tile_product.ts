import type { Gpu } from "../../../src/gpu/gpu.ts";
import { type Dispatch, Kernel, prepare } from "../../../src/gpu/kernel.ts";
import type { WeightMatrix } from "../../../src/ops/products/weights.ts";
import { extentOf, nameOf, PARTS, type Tile } from "./tile.ts";
import { tileKernel } from "./tile_kernel.ts";

/** A product, as `matmul_blocks` computes it. */
export interface Product {
  rowCount: number;
  /** F16 in blocks of columns, in one slice, in a buffer. */
  weights: WeightMatrix;
  /** [rows of whole tiles, inner] f32. */
  input: GPUBuffer;
  /** [rows, columns] f32. */
  output: GPUBuffer;
}

/** A product computed by a tile, or null if that does not divide it or does not fit the device. */
export function tileProduct(gpu: Gpu, tile: Tile, product: Product): Dispatch | null {
  const { rowCount, weights: { columns, inner, slices }, input, output } = product;
  const extent = extentOf(tile);
  const octets = inner / 8;
  const part = octets / PARTS;
  if (columns % extent.columns !== 0 || octets % PARTS !== 0 || part % tile.octets !== 0) {
    return null;
  }
  if (workgroupBytes(tile) > gpu.limits.maxComputeWorkgroupStorageSize) return null;
  return prepare(
    gpu,
    new Kernel("product", `tile of ${nameOf(tile)}`, tileKernel(tile)),
    { OCTETS: octets, PART: part, ROWS: rowCount, COLUMNS: columns },
    { weights: slices[0].weights, input, output },
    [Math.ceil(rowCount / extent.rows), columns / extent.columns],
  );
}

/** Workgroup memory of a tile's kernel. */
function workgroupBytes({ rows, rowLanes, octets, input, groups }: Tile): number {
  const staged = 16 * (2 * octets * rows + 1) * rowLanes;
  if (groups) return 2 * staged * groups.down;
  const turns = { direct: 0, staged: 1, double: 2 }[input];
  return turns * staged * PARTS + 4 * PARTS * rows * 32;
}
