import acceptCode from "../../../wgsl/tree/verify/accept.wgsl" with { type: "text" };
import candidateCode from "../../../wgsl/shared/candidate.wgsl" with { type: "text" };
import commitCode from "../../../wgsl/tree/verify/commit.wgsl" with { type: "text" };
import commitLayerCode from "../../../wgsl/tree/verify/commit_layer.wgsl" with { type: "text" };
import lastTokensCode from "../../../wgsl/drafting/last_tokens.wgsl" with { type: "text" };
import limitsCode from "../../../wgsl/shared/limits.wgsl" with { type: "text" };
import movesCode from "../../../wgsl/tree/verify/moves.wgsl" with { type: "text" };
import proposalCode from "../../../wgsl/drafting/proposal.wgsl" with { type: "text" };
import recycledCode from "../../../wgsl/drafting/recycled.wgsl" with { type: "text" };
import recordCode from "../../../wgsl/shared/record.wgsl" with { type: "text" };
import rowsCode from "../../../wgsl/shared/rows.wgsl" with { type: "text" };
import stateCode from "../../../wgsl/shared/state.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, prepare } from "../../gpu/kernel.ts";
import { StructLayout } from "../../gpu/layout.ts";
import { kernelOf } from "../families.ts";
import { candidateChunks, type ChoiceBuffers } from "../choose.ts";
import type { HeadShape, LayerCache } from "../heads.ts";
import { MAX_DEPTH } from "../limits.ts";
import { profileOf } from "../profiles.ts";
import { createRowBatch, type RowBatch } from "../rows.ts";

const acceptKernel = kernelOf(
  "acceptance",
  "accept",
  limitsCode,
  rowsCode,
  candidateCode,
  stateCode,
  recordCode,
  movesCode,
  proposalCode,
  lastTokensCode,
  recycledCode,
  acceptCode,
);
const commitKernel = kernelOf("acceptance", "commit", movesCode, commitLayerCode, commitCode);

/** The cache slots of accepted drafts and the positions that they belong at, in a buffer. */
export const MOVES: StructLayout<{
  count: number;
  entry: readonly { slot: number; position: number }[];
}> = new StructLayout(movesCode, "Moves");

/** A tree of drafts under verification, and what becomes of it. */
export interface TreeBuffers {
  /** The nodes' rows; the root, the token chosen last, is the first. */
  batch: RowBatch;
  /** [nodes] u32: the node before each. */
  parents: GPUBuffer;
  /** Rows that follow the last accepted node; none if drafts come from elsewhere. */
  followers: RowBatch;
  /** See `MOVES`. */
  moves: GPUBuffer;
  /** Cache slot where node n would keep its key is `treeSlot` + n; the root's is its position. */
  treeSlot: number;
  /** Cache slot of the first follower. */
  followerSlot: number;
}

/**
 * Room for a tree of `nodes` nodes and for `followers` rows after it, whose slots begin at `firstSlot`,
 * modulo 2³²: those of drafts may lie before slot 0, see `LayerCache`.
 */
export function createTreeBuffers(
  gpu: Gpu,
  sizes: { batch: RowBatch; nodes: number; followers: number; firstSlot: number },
): TreeBuffers {
  const { batch, nodes, followers, firstSlot } = sizes;
  return {
    batch,
    parents: gpu.storage("parents", 4 * nodes),
    followers: createRowBatch(gpu, Math.max(1, followers), Math.max(1, followers)),
    moves: gpu.storage("moves", MOVES.byteLength(MAX_DEPTH)),
    treeSlot: firstSlot >>> 0,
    followerSlot: (firstSlot + nodes) >>> 0,
  };
}

/** Frees the buffers, the nodes' batch excepted. */
export function freeTreeBuffers(gpu: Gpu, tree: TreeBuffers): void {
  gpu.free(tree.parents, tree.moves, tree.followers.rows, tree.followers.ancestors);
}

/**
 * What a step leaves behind for drafts. The i-th follower of node n comes from row `first` + i · `stride` + n,
 * for the first `nodes` nodes.
 */
export interface FollowerSource {
  count: number;
  first: number;
  stride: number;
  nodes: number;
  /** The one row of this batch is to be the chosen token without its context, at position 0 and in slot 0. */
  alone?: RowBatch | undefined;
  /** The `PROPOSAL` where the model's choices after all nodes are kept for later drafts, if they are. */
  recycled?: GPUBuffer | undefined;
}

/** No rows follow. */
export const NO_FOLLOWERS: FollowerSource = { count: 0, first: 0, stride: 0, nodes: 0 };

/**
 * Walks the tree along the model's choices, records the tokens, makes the last of them the next root
 * and the batch's only row, and places what follows it.
 */
export function accept(
  gpu: Gpu,
  tree: TreeBuffers,
  choice: ChoiceBuffers,
  source: FollowerSource = NO_FOLLOWERS,
): Dispatch {
  const constants = {
    CHUNKS: candidateChunks(choice.vocabularySize),
    RECORDS: choice.recordCount,
    FOLLOWERS: source.count,
    FOLLOWER_SLOT: tree.followerSlot,
    SOURCE_ROW: source.first,
    SOURCE_STRIDE: source.stride,
    FOLLOWED_NODES: source.nodes,
    IS_CHOSEN_ALONE: Number(source.alone !== undefined),
    RECYCLES: Number(source.recycled !== undefined),
    WORKGROUP: profileOf(gpu).layouts.accept.workgroup,
  };
  const bindings = {
    rows: tree.batch.rows,
    parents: tree.parents,
    candidates: choice.candidates,
    state: choice.state,
    seen: choice.seen,
    records: choice.records,
    moves: tree.moves,
    followers: tree.followers.rows,
    alone: source.alone?.rows ?? gpu.placeholder("alone"),
    proposal: source.recycled ?? gpu.placeholder("proposal"),
  };
  return prepare(gpu, acceptKernel, constants, bindings, [1]);
}

/** Layers whose keys and values stand in one buffer that holds nothing else, one after the other. */
export interface CacheLayers {
  buffer: GPUBuffer;
  layerCount: number;
}

/** Layers whose drafts are committed. */
export interface CommittedLayers
  extends CacheLayers, Pick<HeadShape, "kvHeadCount" | "headDim">, Pick<LayerCache, "format"> {
  draftSlots: number;
}

/** Copies the accepted drafts' keys and values to the slots of their positions, in these layers. */
export function commit(gpu: Gpu, tree: TreeBuffers, layers: CommittedLayers): Dispatch {
  const constants = { ...commitConstants(layers), WORKGROUP: COMMIT_WORKGROUP };
  const bindings = { moves: tree.moves, cache: layers.buffer };
  return prepare(gpu, commitKernel, constants, bindings, [2, layers.layerCount]);
}

/** What commit_layer.wgsl is told. */
export function commitConstants(
  { layerCount, kvHeadCount, headDim, format, draftSlots }: CommittedLayers,
) {
  return {
    LAYERS: layerCount,
    KV_HEADS: kvHeadCount,
    SLOT_WORDS: headDim * (format === "f16" ? 2 : 4) / 16,
    DRAFT_SLOTS: draftSlots,
  };
}

const COMMIT_WORKGROUP = 64;
