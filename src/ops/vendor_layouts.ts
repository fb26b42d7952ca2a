/** Layouts of GPUs whose compilers are known to want others than those of the table of profiles. */

import type { BlockTile, KernelLayouts } from "./layouts.ts";

/** What a vendor's GPUs have in place of the table's, as far as it is named. None of it changes the bits. */
export interface VendorLayouts {
  /** Of matrix products. */
  tiles?: readonly BlockTile[];
  /** Of those with more rows than any of these has. */
  manyRowsTile: BlockTile;
  /** Queries of a workgroup that reads a prompt, see `TextAttentionLayout`. */
  textQueries?: 4 | 8;
  /** See `KernelLayouts`. */
  integers?: KernelLayouts["integers"];
}

/** PCI numbers of vendors, as WebGPU tells them. */
const INTEL = 0x8086;
const AMD = 0x1002;

/**
 * By vendor. Subgroups of both share what all their lanes read, see matmul_uniform.wgsl. Lanes of Intel's GPUs have
 * 128 registers at most: of the table's tiles of 8 and more rows, and of eight queries, Mesa's compiler keeps what has
 * no room in memory, in the innermost loop. Of these it does not. An instruction of theirs reads a byte of a register as
 * a float; on other GPUs that may take longer than arithmetic.
 */
export const VENDOR_LAYOUTS: ReadonlyMap<number, VendorLayouts> = new Map<number, VendorLayouts>([
  [INTEL, {
    tiles: [
      { rows: 1, rowLanes: 1, input: "staged", ahead: 1 },
      { rows: 2, rowLanes: 1, input: "staged", ahead: 1 },
      { rows: 4, rowLanes: 2, input: "staged", ahead: 1 },
      { rows: 8, rowLanes: 2, input: "direct", ahead: 1 },
      { rows: 16, rowLanes: 2, input: "direct", ahead: 1 },
    ],
    manyRowsTile: { rows: 8, rowLanes: 1, input: "uniform", ahead: 1 },
    textQueries: 4,
    integers: "converted",
  }],
  [AMD, { manyRowsTile: { rows: 16, rowLanes: 2, input: "uniform", ahead: 1 } }],
]);

/** The vendor of an adapter. */
export function vendorOf(info: Pick<GPUAdapterInfo, "vendor"> | undefined): number {
  return Number(info?.vendor);
}
