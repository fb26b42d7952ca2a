/**
 * What runs where: which kernel serves a family of operations on a device, how it is laid out over
 * invocations, and what is decided by the device beside kernels. Whatever depends on the kind of
 * device is read from here, so that a new layout is one WGSL file and one entry.
 *
 * A layout is chosen by device and by the sizes of a model, never by the number of rows: a row's result
 * must have the same bits among any others.
 */

import type { Gpu } from "../gpu/gpu.ts";
import type { BlockTile, BlockTiles, KernelLayouts } from "./layouts.ts";
import { VENDOR_LAYOUTS, vendorOf } from "./vendor_layouts.ts";

/**
 * The kinds of device. `subgroup8`: a driver on the CPU that runs a subgroup of eight lanes as one
 * vector of the processor, and lets lanes hand each other what they loaded. `scalar`: any other driver
 * on the CPU. `gpu`: a GPU, where many lanes work side by side and neighbouring lanes should load
 * neighbouring bytes.
 */
export type ProfileName = "subgroup8" | "scalar" | "gpu";

/** A kind of device and all that is decided by it. */
export interface Profile {
  name: ProfileName;
  /** In a few words, for people. */
  summary: string;
  layouts: KernelLayouts;
  /**
   * Whether handing work to the device waits until the work before is done. Then nothing else need wait
   * for that: asking whether work is done would wait for all of it.
   */
  submitWaits: boolean;
  /** How the decoding loop is run; none of it changes a token. */
  decoding: {
    /** Rows per forward pass while a prompt is read. */
    prefillChunk: number;
    /** The same for a prompt of more than four such chunks. */
    longPrefillChunk: number;
    /** Steps that are recorded and submitted together. */
    stepsPerSubmit: number;
    /** Submits in flight before the host waits for the first of them. */
    ringDepth: number;
    /** Texts that are written at the same time, a row of each pass, where many are wanted. */
    textRows: number;
  };
  /** Trees of drafts: rows cost time on a CPU, next to none on a GPU. */
  trees: {
    /** Nodes where nothing has been measured. */
    nodes: number;
    /** The same where a tree can be cut down to `small` nodes, or to its root, while a text runs. */
    auto: number;
    small: number;
    /** What each further node adds to the time of a step, in plain steps, until it is measured. */
    nodeCost: number;
    /** The same for making drafts by a pass of their own, through half of the layers or so. */
    draftCost: number;
    /**
     * How many right drafts a node has to be worth where a tree may have fewer than it has room for: what it costs
     * times the tokens of a plain step's time. 0 where passes take the time of all rows that they were recorded for.
     */
    rowWorth: number;
    /** Most nodes that are worth trying. */
    largest: number;
  };
}

/** The kernel that runs on any device. */
const ANY_DEVICE = { kernel: "attention", queries: 2, heads: 2, rows: 1 } as const;

/** What the drivers on a CPU have in common: they run eight invocations as one vector, or in turn. */
const SOFTWARE = {
  integers: "computed",
  norm: { workgroup: 8, joinsProducts: false },
  choose: { workgroup: 8 },
  filter: { workgroup: 8, digitBits: 8 },
  accept: { workgroup: 8 },
  chain: { workgroup: 8 },
  experts: { workgroup: 8 },
  lookup: { workgroup: 8 },
  top: { kernel: "top", tokens: 2048, workgroup: 8 },
  tree: { kernel: "grow_tree", workgroup: 8 },
  normBackward: { workgroup: 8 },
  attentionBackward: {
    workgroup: 8,
    queries: { kernel: "attention_queries_backward", rows: 8, workgroup: 8 },
  },
  outerProduct: { kernel: "outer_product" },
  distillationLoss: { workgroup: 16 },
} as const;

const SOFTWARE_LOOP = {
  // Work runs while it is submitted: a short ring wastes the fewest steps after the end of a text.
  decoding: {
    prefillChunk: 64,
    longPrefillChunk: 256,
    stepsPerSubmit: 4,
    ringDepth: 2,
    textRows: 64,
  },
  trees: {
    nodes: 4,
    auto: 8,
    small: 4,
    nodeCost: 0.14,
    rowWorth: 0,
    draftCost: 0.42,
    largest: 16,
  },
} as const;

/**
 * The fastest on an H200, but for how far they are ahead, which no GPU has measured. Some vendors have others, see
 * vendor_layouts.ts, and `foretoken tune` looks for those of the user's own.
 */
const GPU_TILES: readonly BlockTile[] = [
  { rows: 1, rowLanes: 1, input: "staged", ahead: 4 },
  { rows: 2, rowLanes: 1, input: "staged", ahead: 4 },
  { rows: 4, rowLanes: 2, input: "staged", ahead: 2 },
  { rows: 8, rowLanes: 2, input: "staged", ahead: 2 },
  { rows: 16, rowLanes: 4, input: "direct", ahead: 1 },
  { rows: 32, rowLanes: 4, input: "direct", ahead: 1 },
];

/** One entry for each kind of device. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  subgroup8: {
    name: "subgroup8",
    summary: "a driver on the CPU with subgroups of 8 (expect it to be much slower than a GPU)",
    layouts: {
      product: {
        kernel: "matmul_subgroup8",
        rowTile: 16,
        workgroup: 16,
        weightOrder: "interleaved",
      },
      weightHome: "textures",
      manyRowsProduct: {
        kernel: "matmul_rows_subgroup8",
        rowTile: 64,
        columns: 128,
        // It takes the driver most of a second to compile at its very first use.
        leastRows: 128,
      },
      attention: [
        {
          kernel: "attention_subgroup8",
          lanes: 8,
          queries: 4,
          heads: 4,
          rows: 2,
          maxHeadDim: 128,
        },
        { ...ANY_DEVICE, lanes: 64, maxHeadDim: 512 },
      ],
      textAttention: [
        { kernel: "attention_text_subgroup8", queries: 32, leastRows: 8, maxHeadDim: 128 },
      ],
      ...SOFTWARE,
    },
    submitWaits: true,
    ...SOFTWARE_LOOP,
    trees: { ...SOFTWARE_LOOP.trees, rowWorth: 0.3 },
  },
  scalar: {
    name: "scalar",
    summary: "a driver on the CPU (expect it to be much slower than a GPU)",
    layouts: {
      product: {
        kernel: "matmul",
        rowTile: 8,
        workgroup: 16,
        weightOrder: "interleaved",
      },
      weightHome: "buffers",
      manyRowsProduct: null,
      attention: [{ ...ANY_DEVICE, lanes: 64, maxHeadDim: 512 }],
      textAttention: [{ kernel: "attention_text", queries: 8, leastRows: 8, maxHeadDim: 512 }],
      ...SOFTWARE,
    },
    submitWaits: false,
    ...SOFTWARE_LOOP,
  },
  gpu: {
    name: "gpu",
    summary: "a GPU",
    layouts: {
      product: {
        kernel: "matmul_blocks",
        tiles: GPU_TILES,
        weightOrder: "blocks",
      },
      weightHome: "buffers",
      integers: "computed",
      manyRowsProduct: null,
      attention: [{ ...ANY_DEVICE, lanes: 128, spreadQueries: 256, maxHeadDim: 1024 }],
      textAttention: [{ kernel: "attention_text", queries: 8, leastRows: 16, maxHeadDim: 256 }],
      norm: { workgroup: 64, joinsProducts: true },
      choose: { workgroup: 256 },
      filter: { workgroup: 128, digitBits: 4 },
      accept: { workgroup: 64 },
      chain: { workgroup: 64 },
      experts: { workgroup: 128 },
      lookup: { workgroup: 256 },
      top: { kernel: "top_gpu", tokens: 256, workgroup: 256 },
      tree: { kernel: "grow_tree_gpu", workgroup: 256 },
      normBackward: { workgroup: 64 },
      attentionBackward: {
        workgroup: 32,
        queries: { kernel: "attention_queries_backward_gpu", rows: 4, workgroup: 128 },
      },
      outerProduct: { kernel: "outer_product_gpu" },
      distillationLoss: { workgroup: 128 },
    },
    submitWaits: false,
    decoding: {
      prefillChunk: 512,
      longPrefillChunk: 512,
      stepsPerSubmit: 8,
      ringDepth: 8,
      textRows: 256,
    },
    // On an H200 a pass of a 7B or a 1.1B costs 1.6 to 1.9 times as much with 8 rows as with one, 2.4 to 3 times
    // with 16.
    trees: {
      nodes: 8,
      auto: 16,
      small: 4,
      nodeCost: 0.1,
      rowWorth: 0,
      draftCost: 0.25,
      largest: 64,
    },
  },
};

/** Lanes of a subgroup for which the kernels of `subgroup8` are written. */
const SUBGROUP_LANES = 8;

/** The profile of a device, or the one that was asked for; the same one until it is given other tiles. */
export function profileOf(gpu: Gpu): Profile {
  return WITH_TILES.get(gpu) ?? tableProfileOf(gpu);
}

/** The profile `gpu` with the layouts of a vendor. */
const OF_VENDORS: ReadonlyMap<number, Profile> = new Map(
  [...VENDOR_LAYOUTS].map(([vendor, { tiles = GPU_TILES, manyRowsTile, ...own }]) => {
    const profile = withTiles(PROFILES.gpu, { tiles, manyRowsTile });
    const { textQueries, integers = "computed" } = own;
    const [text] = profile.layouts.textAttention;
    const textAttention = [{ ...text, queries: textQueries ?? text.queries }];
    return [vendor, { ...profile, layouts: { ...profile.layouts, textAttention, integers } }];
  }),
);

/** Profiles of devices that have been given tiles. */
const WITH_TILES: WeakMap<Gpu, Profile> = new WeakMap();

/**
 * Gives the products of a device these tiles, or with null those of the table again. It concerns dispatches that are
 * made from then on.
 * @throws RangeError if its products are not made of such tiles.
 */
export function useTiles(gpu: Gpu, tiles: BlockTiles | null): void {
  WITH_TILES.delete(gpu);
  if (tiles === null) return;
  WITH_TILES.set(gpu, withTiles(tableProfileOf(gpu), tiles));
}

function withTiles(profile: Profile, tiles: BlockTiles): Profile {
  const { layouts, name } = profile;
  const { product } = layouts;
  if (product.kernel !== "matmul_blocks") throw new RangeError(`${name} has no such tiles`);
  const { kernel, weightOrder } = product;
  return { ...profile, layouts: { ...layouts, product: { kernel, weightOrder, ...tiles } } };
}

/** The entry of the table for a device. */
export function tableProfileOf({ deviceClass, subgroupSize, profile, info }: Gpu): Profile {
  if (profile !== undefined) return PROFILES[profile as ProfileName];
  if (deviceClass === "hardware") return OF_VENDORS.get(vendorOf(info)) ?? PROFILES.gpu;
  return subgroupSize === SUBGROUP_LANES ? PROFILES.subgroup8 : PROFILES.scalar;
}

/** Greatest number of rows that a workgroup reads without asking how many there are, on any device. */
export const MAX_ROW_TILE: number = Math.max(
  ...Object.values(PROFILES).flatMap(({ layouts: { product, manyRowsProduct } }) =>
    [product, manyRowsProduct ?? []].flat().flatMap((layout) =>
      layout.kernel === "matmul_blocks" ? layout.tiles.map(({ rows }) => rows) : [layout.rowTile]
    )
  ),
);
