/** Tiles of GPUs whose compiler is known to want others than the table's. */

import type { BlockTiles } from "./layouts.ts";

/** PCI numbers of vendors, as WebGPU tells them. */
const INTEL = 0x8086;

/**
 * By vendor. Lanes of Intel's GPUs have 128 registers at most: with the table's tiles of 8 and more rows Mesa's
 * compiler keeps what has no room in memory, in the innermost loop, and with these it does not. Its subgroups share
 * what all their lanes read, see matmul_uniform.wgsl.
 */
export const TILES_OF_VENDORS: ReadonlyMap<number, BlockTiles> = new Map([
  [INTEL, {
    tiles: [
      { rows: 1, rowLanes: 1, input: "staged" },
      { rows: 2, rowLanes: 1, input: "staged" },
      { rows: 4, rowLanes: 2, input: "staged" },
      { rows: 8, rowLanes: 2, input: "direct" },
      { rows: 16, rowLanes: 2, input: "direct" },
    ],
    manyRowsTile: { rows: 8, rowLanes: 1, input: "uniform" },
  }],
]);

/** The vendor of an adapter. */
export function vendorOf(info: Pick<GPUAdapterInfo, "vendor"> | undefined): number {
  return Number(info?.vendor);
}
