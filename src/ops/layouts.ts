/**
 * How kernels are laid out over invocations: what `profiles.ts` chooses for each kind of device, and what
 * each choice means.
 */

/**
 * Order of the octets, eight neighbouring weights along the sum, in memory. `columns`: a column's
 * octets follow each other, as in a file; matrices lie so while they are trained. `interleaved`: the same octet of eight neighbouring columns follow each other,
 * [columns / 8, inner / 8, 8 columns]; an invocation that computes eight columns reads one stream.
 * `blocks`: the same of 32 columns, one for each lane of a subgroup, whose loads are 16 bytes: codes,
 * whose octets are smaller, lie by as many octets as make 16 bytes.
 */
export type WeightOrder = "columns" | "interleaved" | "blocks";

/**
 * What the weights of a model lie in. In `textures` where the driver reads these faster than buffers; what is
 * written by kernels lies in `buffers`.
 */
export type WeightHome = "buffers" | "textures";

/** Matrix products: a kernel, the tiles of a workgroup, and the weights' order that suits it. */
export type ProductLayout = OctetsLayout | BlocksLayout;

/** Products by invocations that have an octet of columns each. */
export interface OctetsLayout {
  kernel: "matmul" | "matmul_subgroup8";
  /** Rows of a tile, at most; the kernel has registers for no more. */
  rowTile: number;
  workgroup: number;
  weightOrder: "interleaved";
}

/** Products by blocks of 32 columns. */
export interface BlocksLayout extends BlockTiles {
  kernel: "matmul_blocks";
  weightOrder: "blocks";
}

/** Which tiles serve how many rows. Nothing of it changes the bits. */
export interface BlockTiles {
  /** Those of the fewest rows first. */
  tiles: readonly BlockTile[];
  /** Serves more rows than any of these has, as prompts have; if left out, the last of these does. */
  manyRowsTile?: BlockTile;
}

/** A tile of `matmul_blocks` or of `matmul_uniform`. Nothing of it changes the bits. */
export interface BlockTile {
  /** A power of two, at most eight times `rowLanes`. */
  rows: number;
  /** Columns of a lane, which has a share of their rows: others have as many lanes, but `uniform` ones none. */
  rowLanes: 1 | 2 | 4;
  /**
   * How the input comes: `staged` in workgroup memory, read once for all columns; `direct`, each number when it
   * is needed; or `uniform`, each number for all lanes at once, by `matmul_uniform`, which has at most 16 rows
   * and two columns of a lane.
   */
  input: "staged" | "direct" | "uniform";
  /**
   * How many times four octets of each of a lane's columns are under way at once, at most: as many as keep the memory
   * busy. At most 4 / `rowLanes`.
   */
  ahead: 1 | 2 | 4;
}

/**
 * Matrix products of many rows, as prompts have them, by a subgroup of eight lanes. The bits are those of
 * the `ProductLayout`, so nothing but speed decides between the two.
 */
export interface ManyRowsLayout {
  kernel: "matmul_rows_subgroup8";
  /** Rows of a tile. */
  rowTile: number;
  /** Columns of a tile, at most; a multiple of 8. */
  columns: number;
  /** Fewer rows than these are left to the kernel for any number of rows. */
  leastRows: number;
}

/** Attention. Of these only the kernel and its lanes change the bits. */
export interface AttentionLayout {
  kernel: "attention" | "attention_subgroup8";
  /** Invocations of a workgroup. */
  lanes: number;
  /** Queries that a workgroup serves, at most: its heads times its rows. */
  queries: number;
  /** Query heads that a workgroup serves, at most; they share a key-value head. */
  heads: number;
  /** Neighbouring rows that a workgroup serves, at most. */
  rows: number;
  /**
   * Queries of a pass, its rows times their heads, up to which each span of a long text is given workgroups of its
   * own; more of them keep the device busy by themselves. If left out, workgroups walk through all spans.
   */
  spreadQueries?: number;
  /** Greatest head that the kernel has registers for. */
  maxHeadDim: number;
}

/**
 * Attention of rows of plain text, many at a time, as prompts have them. Its bits are those of the
 * `AttentionLayout` for heads of the same size, so nothing but speed decides between the two.
 */
export interface TextAttentionLayout {
  kernel: "attention_text" | "attention_text_subgroup8";
  /**
   * Queries that a workgroup serves, at most: rows times heads that share a key-value head. `attention_text` has 4 or
   * 8.
   */
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

/** Norms that no product is fused with. A change of their workgroup changes the bits. */
export interface NormLayout extends WorkgroupLayout {
  /**
   * Whether a norm after attention or MLP is left to the product that comes next, where that can add to the
   * stream by itself. The bits are the same: it saves a dispatch, and each workgroup of the product reads
   * the whole row for its norm.
   */
  joinsProducts: boolean;
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

/** Attention's way back: the gradients of keys and values by `workgroup` invocations, one for each row. */
export interface AttentionBackwardLayout extends WorkgroupLayout {
  queries: WorkgroupLayout & {
    /** An invocation for each row, or many lanes for four rows. */
    kernel: "attention_queries_backward" | "attention_queries_backward_gpu";
    /** Rows of a workgroup. */
    rows: number;
  };
}

/** Sums of outer products: each invocation reads its rows for itself, or a workgroup stages them. */
export interface OuterProductLayout {
  kernel: "outer_product" | "outer_product_gpu";
}

/** The kernels of one profile. Where an entry names no kernel, there is one for all devices. */
export interface KernelLayouts {
  product: ProductLayout;
  weightHome: WeightHome;
  /** How weights of four and eight bits become floats: bytes by an instruction each, or by arithmetic. */
  integers: "converted" | "computed";
  /** Serves many rows of matrices that it suits; all others, and all where it is null, `product` does. */
  manyRowsProduct: ManyRowsLayout | null;
  /** The first that has room for the model's heads serves it. */
  attention: readonly AttentionLayout[];
  /** The first that has room for the model's heads serves plain text; where none has, `attention`. */
  textAttention: readonly TextAttentionLayout[];
  norm: NormLayout;
  choose: WorkgroupLayout;
  filter: FilterLayout;
  accept: WorkgroupLayout;
  chain: WorkgroupLayout;
  /** Of the kernels that choose experts and place their rows. */
  experts: WorkgroupLayout;
  lookup: WorkgroupLayout;
  top: TopLayout;
  tree: TreeLayout;
  normBackward: WorkgroupLayout;
  attentionBackward: AttentionBackwardLayout;
  outerProduct: OuterProductLayout;
  distillationLoss: WorkgroupLayout;
}
