import candidateCode from "../../wgsl/shared/candidate.wgsl" with { type: "text" };
import carryRowsCode from "../../wgsl/drafting/carry_rows.wgsl" with { type: "text" };
import copyRowsCode from "../../wgsl/drafting/copy_rows.wgsl" with { type: "text" };
import growTreeCode from "../../wgsl/tree/grow_tree.wgsl" with { type: "text" };
import growTreeGpuCode from "../../wgsl/tree/grow_tree_gpu.wgsl" with { type: "text" };
import growShapedCode from "../../wgsl/tree/grow_shaped.wgsl" with { type: "text" };
import draftsGpuCode from "../../wgsl/tree/drafts_gpu.wgsl" with { type: "text" };
import draftsCode from "../../wgsl/tree/drafts.wgsl" with { type: "text" };
import pathsCode from "../../wgsl/tree/paths.wgsl" with { type: "text" };
import limitsCode from "../../wgsl/shared/limits.wgsl" with { type: "text" };
import massCode from "../../wgsl/shared/mass.wgsl" with { type: "text" };
import proposalCode from "../../wgsl/drafting/proposal.wgsl" with { type: "text" };
import rowsCode from "../../wgsl/shared/rows.wgsl" with { type: "text" };
import treeCode from "../../wgsl/tree/tree.wgsl" with { type: "text" };
import topDeclarations from "../../wgsl/tree/top_candidates.wgsl" with { type: "text" };
import topCode from "../../wgsl/tree/top.wgsl" with { type: "text" };
import topGpuCode from "../../wgsl/tree/top_gpu.wgsl" with { type: "text" };
import settingsCode from "../../wgsl/sampling/settings.wgsl" with { type: "text" };
import stateCode from "../../wgsl/shared/state.wgsl" with { type: "text" };
import type { Gpu } from "../gpu/gpu.ts";
import { type Dispatch, type Kernel, prepare } from "../gpu/kernel.ts";
import { StructLayout } from "../gpu/layout.ts";
import { kernelOf } from "./families.ts";
import type { TreeBuffers } from "./accept.ts";
import { CANDIDATE } from "./choose.ts";
import { outputStride } from "./matmul.ts";
import { MAX_CHUNKS, MAX_DEPTH } from "./limits.ts";
import { profileOf, type TopLayout, type TreeLayout } from "./profiles.ts";
import type { RowBatch } from "./rows.ts";

const carryRowsKernel = kernelOf("drafting", "carry_rows", rowsCode, carryRowsCode);
const copyRowsKernel = kernelOf("drafting", "copy_rows", rowsCode, copyRowsCode);

const topShared = [rowsCode, candidateCode, massCode, settingsCode, topDeclarations];
const TOP: Readonly<Record<TopLayout["kernel"], Kernel>> = {
  top: kernelOf("drafting", "top", ...topShared, topCode),
  top_gpu: kernelOf("drafting", "top_gpu", ...topShared, topGpuCode),
};

const growShared = [limitsCode, rowsCode, candidateCode, massCode, stateCode, treeCode];

/** How a tree grows by its most probable paths, and in a given shape. */
const GROWTH: Readonly<Record<TreeLayout["kernel"], { mostProbable: Kernel; shaped: Kernel }>> = {
  grow_tree: {
    mostProbable: growKernel("grow_tree", draftsCode, proposalCode, pathsCode, growTreeCode),
    shaped: growKernel("grow_shaped", draftsCode, growShapedCode),
  },
  grow_tree_gpu: {
    mostProbable: growKernel(
      "grow_tree_gpu",
      draftsGpuCode,
      proposalCode,
      pathsCode,
      growTreeGpuCode,
    ),
    shaped: growKernel("grow_shaped_gpu", draftsGpuCode, growShapedCode),
  },
};

function growKernel(name: string, ...files: string[]): Kernel {
  return kernelOf("drafting", name, ...growShared, ...files);
}

/** Greatest number of candidates per depth. */
export const MAX_RANKS = 32;

/** Greatest number of candidates of all depths together that the kernels that grow trees have room for. */
const MAX_CANDIDATES = 2048;

/** Part of a softmax, in a buffer: the greatest logit, and Σ exp(logit − greatest). */
const MASS: StructLayout<{ greatest: number; sum: number }> = new StructLayout(massCode, "Mass");

/** A node of a tree's shape in a buffer: the node before it, its depth, and its rank there. */
export const PLACE: StructLayout<{ parent: number; depth: number; rank: number }> =
  new StructLayout(growShapedCode, "Place");

const CARRY_WORKGROUP = 64;
const COPY_WORKGROUP = 64;

/**
 * rows = the nodes of a tree, and behind them the pseudo rows of the first `carriers` nodes: row
 * `nodes` + i · `carriers` + n is that of step i of node n, and its token is n. A pseudo row has the
 * cache slot `tree.followerSlot` + its place among the pseudo rows.
 */
export function carryRows(gpu: Gpu, inputs: {
  tree: TreeBuffers;
  nodes: number;
  carriers: number;
  /** Steps that take part. */
  steps: number;
  /** Needs room for as many ancestors as a node and its steps may have together. */
  rows: RowBatch;
}): Dispatch {
  const { tree, nodes, carriers, steps, rows } = inputs;
  const constants = {
    NODES: nodes,
    CARRIERS: carriers,
    STEPS: steps,
    TREE_SLOT: tree.treeSlot,
    PSEUDO_SLOT: tree.followerSlot,
    NODE_ANCESTORS: tree.batch.ancestorRoom,
    ANCESTORS: rows.ancestorRoom,
    WORKGROUP: CARRY_WORKGROUP,
  };
  const bindings = {
    nodes: tree.batch.rows,
    node_ancestors: tree.batch.ancestors,
    rows: rows.rows,
    ancestors: rows.ancestors,
  };
  const groups = Math.ceil((nodes + steps * carriers) / CARRY_WORKGROUP);
  return prepare(gpu, carryRowsKernel, constants, bindings, [groups]);
}

/** kept [rows, width] = source [rows, width] for the batch's rows. */
export function copyRows(gpu: Gpu, inputs: {
  batch: RowBatch;
  rowCount: number;
  /** Length of a row in floats, a multiple of 4. */
  width: number;
  source: GPUBuffer;
  kept: GPUBuffer;
}): Dispatch {
  const { batch, rowCount, width, source, kept } = inputs;
  const constants = { WIDTH: width / 4, WORKGROUP: COPY_WORKGROUP };
  const groups = Math.ceil(width / 4 / COPY_WORKGROUP);
  const bindings = { rows: batch.rows, source, kept };
  return prepare(gpu, copyRowsKernel, constants, bindings, [groups, rowCount]);
}

/** The most probable tokens of some rows. */
export interface TopBuffers {
  /** [rows, chunks, ranks] `CANDIDATE` by weighed logit, in descending order within a chunk. */
  candidates: GPUBuffer;
  /** [rows, chunks] `MASS` of the weighed logits. */
  masses: GPUBuffer;
  rows: number;
  chunks: number;
  /** Tokens of a chunk, except for the last. */
  chunkTokens: number;
  ranks: number;
  vocabularySize: number;
}

/** Room for the `ranks` most probable tokens of each of `rows` rows. */
export function createTopBuffers(
  gpu: Gpu,
  sizes: { rows: number; ranks: number; vocabularySize: number },
): TopBuffers {
  const { rows, vocabularySize } = sizes;
  const ranks = Math.min(sizes.ranks, MAX_RANKS, vocabularySize);
  const chunkTokens = tokensPerGroup(gpu, { rows, ranks, vocabularySize });
  const chunks = Math.ceil(vocabularySize / chunkTokens);
  return {
    candidates: gpu.storage("draft candidates", CANDIDATE.byteLength() * rows * chunks * ranks),
    masses: gpu.storage("draft masses", MASS.byteLength() * rows * chunks),
    rows,
    chunks,
    chunkTokens,
    ranks,
    vocabularySize,
  };
}

/** As the device likes it, but never more parts than can be merged. */
function tokensPerGroup(
  gpu: Gpu,
  sizes: { rows: number; ranks: number; vocabularySize: number },
): number {
  const depth = Math.min(sizes.rows, MAX_DEPTH);
  const chunks = Math.min(MAX_CHUNKS, Math.floor(MAX_CANDIDATES / depth / sizes.ranks));
  const least = 4 * Math.ceil(sizes.vocabularySize / 4 / chunks);
  return Math.max(profileOf(gpu).layouts.top.tokens, least);
}

/**
 * Finds the most probable tokens of the batch's rows. `logits` is [rows, outputStride(vocabulary)]. With
 * the sampling settings of a text they are weighed as drafts of that text: divided by
 * 0.4 + 0.6 · temperature.
 */
export function findTop(
  gpu: Gpu,
  batch: RowBatch,
  logits: GPUBuffer,
  top: TopBuffers,
  settings?: GPUBuffer,
): Dispatch {
  const { kernel, workgroup } = profileOf(gpu).layouts.top;
  const constants = {
    VOCABULARY: top.vocabularySize,
    LOGITS_STRIDE: outputStride(top.vocabularySize) / (kernel === "top" ? 4 : 1),
    CHUNK: top.chunkTokens,
    CHUNKS: top.chunks,
    RANKS: top.ranks,
    WEIGHED: Number(settings !== undefined),
    WORKGROUP: workgroup,
  };
  const { candidates, masses } = top;
  const bindings = {
    rows: batch.rows,
    logits,
    candidates,
    masses,
    settings: settings ?? gpu.placeholder("settings"),
  };
  return prepare(gpu, TOP[kernel], constants, bindings, [top.chunks, top.rows]);
}

/** A tree to be filled from the candidates of its followers, one row of candidates per depth. */
export interface GrowInputs {
  tree: TreeBuffers;
  nodes: number;
  top: TopBuffers;
  state: GPUBuffer;
}

/** Fills the tree with the most probable paths, or those of `shape`: [nodes] `PLACE`. */
export function growTree(gpu: Gpu, inputs: GrowInputs & { shape?: GPUBuffer }): Dispatch {
  const { shape } = inputs;
  if (!shape) return growMostProbable(gpu, inputs);
  const bindings = { ...growBindings(inputs), shape };
  const { shaped } = GROWTH[profileOf(gpu).layouts.tree.kernel];
  return prepare(gpu, shaped, growConstants(gpu, inputs), bindings, [1]);
}

/** Fills the tree with the most probable of the candidates' paths and of the chain that a lookup proposes. */
export function growMerged(gpu: Gpu, inputs: GrowInputs & { proposal: GPUBuffer }): Dispatch {
  return growMostProbable(gpu, inputs);
}

function growMostProbable(gpu: Gpu, inputs: GrowInputs & { proposal?: GPUBuffer }): Dispatch {
  const { proposal } = inputs;
  const constants = { ...growConstants(gpu, inputs), PROPOSED: Number(proposal !== undefined) };
  const bindings = {
    ...growBindings(inputs),
    proposal: proposal ?? gpu.placeholder("proposal"),
  };
  const { mostProbable } = GROWTH[profileOf(gpu).layouts.tree.kernel];
  return prepare(gpu, mostProbable, constants, bindings, [1]);
}

function growConstants(gpu: Gpu, { tree, nodes, top }: GrowInputs) {
  return {
    NODES: nodes,
    DEPTH: top.rows,
    CHUNKS: top.chunks,
    RANKS: top.ranks,
    TREE_SLOT: tree.treeSlot,
    ANCESTORS: tree.batch.ancestorRoom,
    WORKGROUP: profileOf(gpu).layouts.tree.workgroup,
  };
}

function growBindings({ tree, top, state }: GrowInputs) {
  return {
    rows: tree.batch.rows,
    parents: tree.parents,
    ancestors: tree.batch.ancestors,
    followers: tree.followers.rows,
    candidates: top.candidates,
    masses: top.masses,
    state,
  };
}
