/**
 * What runs where: which kernel serves a family of operations on a device, how it is laid out over
 * invocations, and what is decided by the device beside kernels. Whatever depends on the kind of
 * device is read from here, so that a new layout is one WGSL file and one entry.
 *
 * A layout is chosen by device and by the sizes of a model, never by the number of rows: a row's result
 * must have the same bits among any others.
 */

import type { Gpu } from "../gpu/gpu.ts";

/**
 * The kinds of device. `subgroup8`: a driver on the CPU that runs a subgroup of eight lanes as one
 * vector of the processor, and lets lanes hand each other what they loaded. `scalar`: any other driver
 * on the CPU. `gpu`: a GPU, where many lanes work side by side and neighbouring lanes should load
 * neighbouring bytes.
 */
export type ProfileName = "subgroup8" | "scalar" | "gpu";

/**
 * Order of the octets, eight neighbouring weights along the sum, in memory. `columns`: a column's
 * octets follow each other, as in a file; neighbouring lanes that walk along a column read
 * neighbouring bytes. `interleaved`: the same octet of eight neighbouring columns follow each other,
 * [columns / 8, inner / 8, 8 columns]; an invocation that computes eight columns reads one stream.
 */
export type WeightOrder = "columns" | "interleaved";

/** Matrix products: a kernel, the tile of a workgroup, and the weights' order that suits it. */
export interface ProductLayout {
  kernel: "matmul" | "matmul_subgroup8";
  /** Rows of a tile, at most; the kernel has registers for no more. */
  rowTile: number;
  /** Columns of a tile, a multiple of 8. */
  columns: number;
  workgroup: number;
  /** Invocations that share the sums of eight columns. A change of this changes the bits. */
  lanes: number;
  weightOrder: WeightOrder;
}

/**
 * Matrix products of many rows, as prompts have them. The bits are those of the `ProductLayout`, so
 * nothing but speed decides between the two.
 */
export interface ManyRowsLayout {
  kernel: "matmul_rows_subgroup8";
  /** Rows of a tile. */
  rowTile: number;
  /** Columns of a tile, at most; a multiple of 8. */
  columns: number;
  /** Octets of a column that a tile takes at a time, at most: a divisor of a column's. */
  block: number;
  /** Columns that have no divisor as great as this are left to the kernel for any number of rows. */
  leastBlock: number;
  /** And so are fewer rows than these. */
  leastRows: number;
}

/** Attention. Of these only the kernel and its lanes change the bits. */
export interface AttentionLayout {
  kernel: "attention" | "attention_subgroup8";
  /** Invocations of a workgroup. */
  lanes: number;
  /** Query heads that a workgroup serves, at most, where as many share a key-value head. */
  heads: number;
  /** Rows that a workgroup serves, at most, if it serves one head. */
  rowTile: number;
  /** Greatest head that the kernel has registers for. */
  maxHeadDim: number;
}

/**
 * Attention of rows of plain text, many at a time, as prompts have them. Its bits are those of the
 * `AttentionLayout` for heads of the same size, so nothing but speed decides between the two.
 */
export interface TextAttentionLayout {
  kernel: "attention_text_subgroup8";
  /** Queries that a workgroup serves, at most: rows times heads that share a key-value head. */
  queries: number;
  /** Fewer rows than these are left to the kernel that serves any rows. */
  leastRows: number;
  /** Greatest head that the kernel has registers for. */
  maxHeadDim: number;
}

/** A kernel of which only the number of invocations that share its work is chosen. */
export interface WorkgroupLayout {
  workgroup: number;
}

/** What top-k, top-p and min-p leave. */
export interface FilterLayout extends WorkgroupLayout {
  /** Bits of a logit's key that one pass over the logits decides. */
  digitBits: number;
}

/** The search of the vocabulary for candidates. */
export interface TopLayout extends WorkgroupLayout {
  /**
   * `top` looks for one candidate after the other; `top_gpu` counts the tokens before each, by a number
   * of invocations that is a power of 4.
   */
  kernel: "top" | "top_gpu";
  /** Tokens that a workgroup looks at, at least. */
  tokens: number;
}

/** The growth of a tree of drafts. */
export interface TreeLayout extends WorkgroupLayout {
  /** `grow_tree` takes one draft after the other; `grow_tree_gpu` all of a depth at once. */
  kernel: "grow_tree" | "grow_tree_gpu";
}

/** The kernels of one profile. Where an entry names no kernel, there is one for all devices. */
export interface KernelLayouts {
  product: ProductLayout;
  /** The first that suits the matrix serves many rows; where none does, `product`. */
  manyRowsProduct: readonly ManyRowsLayout[];
  /** The first that has room for the model's heads serves it. */
  attention: readonly AttentionLayout[];
  /** The first that has room for the model's heads serves plain text; where none has, `attention`. */
  textAttention: readonly TextAttentionLayout[];
  /** Norms that no product is fused with. A change of their workgroup changes the bits. */
  norm: WorkgroupLayout;
  choose: WorkgroupLayout;
  filter: FilterLayout;
  accept: WorkgroupLayout;
  chain: WorkgroupLayout;
  lookup: WorkgroupLayout;
  top: TopLayout;
  tree: TreeLayout;
  normBackward: WorkgroupLayout;
  attentionBackward: WorkgroupLayout;
  distillationLoss: WorkgroupLayout;
}

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
    /** Most nodes that are worth trying. */
    largest: number;
  };
}

/** The kernel that runs on any device. */
const ANY_DEVICE = { kernel: "attention", heads: 2, rowTile: 1 } as const;

/** What the drivers on a CPU have in common: they run eight invocations as one vector, or in turn. */
const SOFTWARE = {
  norm: { workgroup: 8 },
  choose: { workgroup: 8 },
  filter: { workgroup: 8, digitBits: 8 },
  accept: { workgroup: 8 },
  chain: { workgroup: 8 },
  lookup: { workgroup: 8 },
  top: { kernel: "top", tokens: 2048, workgroup: 8 },
  tree: { kernel: "grow_tree", workgroup: 8 },
  normBackward: { workgroup: 8 },
  attentionBackward: { workgroup: 8 },
  distillationLoss: { workgroup: 16 },
} as const;

const SOFTWARE_LOOP = {
  // Work runs while it is submitted: a short ring wastes the fewest steps after the end of a text.
  decoding: { prefillChunk: 64, longPrefillChunk: 128, stepsPerSubmit: 4, ringDepth: 2 },
  trees: { nodes: 4, auto: 4, small: 4, nodeCost: 0.1, largest: 16 },
} as const;

/** One entry for each kind of device. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  subgroup8: {
    name: "subgroup8",
    summary: "a driver on the CPU with subgroups of 8 (expect it to be much slower than a GPU)",
    layouts: {
      product: {
        kernel: "matmul_subgroup8",
        rowTile: 16,
        columns: 128,
        workgroup: 16,
        lanes: 1,
        weightOrder: "interleaved",
      },
      manyRowsProduct: [{
        kernel: "matmul_rows_subgroup8",
        rowTile: 32,
        columns: 192,
        block: 32,
        leastBlock: 8,
        // It takes the driver most of a second to compile at its very first use.
        leastRows: 128,
      }],
      attention: [
        { kernel: "attention_subgroup8", lanes: 8, heads: 2, rowTile: 2, maxHeadDim: 128 },
        { ...ANY_DEVICE, lanes: 64, maxHeadDim: 512 },
      ],
      textAttention: [
        { kernel: "attention_text_subgroup8", queries: 32, leastRows: 8, maxHeadDim: 128 },
      ],
      ...SOFTWARE,
    },
    submitWaits: true,
    ...SOFTWARE_LOOP,
  },
  scalar: {
    name: "scalar",
    summary: "a driver on the CPU (expect it to be much slower than a GPU)",
    layouts: {
      product: {
        kernel: "matmul",
        rowTile: 8,
        columns: 128,
        workgroup: 16,
        lanes: 1,
        weightOrder: "interleaved",
      },
      manyRowsProduct: [],
      attention: [{ ...ANY_DEVICE, lanes: 64, maxHeadDim: 512 }],
      textAttention: [],
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
        kernel: "matmul",
        rowTile: 8,
        columns: 8,
        workgroup: 32,
        lanes: 32,
        weightOrder: "columns",
      },
      manyRowsProduct: [],
      attention: [{ ...ANY_DEVICE, lanes: 128, maxHeadDim: 1024 }],
      textAttention: [],
      norm: { workgroup: 64 },
      choose: { workgroup: 256 },
      filter: { workgroup: 128, digitBits: 4 },
      accept: { workgroup: 64 },
      chain: { workgroup: 64 },
      lookup: { workgroup: 256 },
      top: { kernel: "top_gpu", tokens: 256, workgroup: 256 },
      tree: { kernel: "grow_tree_gpu", workgroup: 256 },
      normBackward: { workgroup: 64 },
      attentionBackward: { workgroup: 32 },
      distillationLoss: { workgroup: 128 },
    },
    submitWaits: false,
    decoding: { prefillChunk: 256, longPrefillChunk: 256, stepsPerSubmit: 8, ringDepth: 8 },
    trees: { nodes: 32, auto: 32, small: 8, nodeCost: 0.02, largest: 64 },
  },
};

/** Lanes of a subgroup for which the kernels of `subgroup8` are written. */
const SUBGROUP_LANES = 8;

/** The profile of a device; the same one each time. */
export function profileOf({ deviceClass, subgroupSize }: Gpu): Profile {
  if (deviceClass === "hardware") return PROFILES.gpu;
  return subgroupSize === SUBGROUP_LANES ? PROFILES.subgroup8 : PROFILES.scalar;
}

/** Greatest number of rows that one workgroup serves on any device. */
export const MAX_ROW_TILE: number = Math.max(
  ...Object.values(PROFILES).flatMap(({ layouts: { product, manyRowsProduct } }) =>
    [product, ...manyRowsProduct].map(({ rowTile }) => rowTile)
  ),
);
