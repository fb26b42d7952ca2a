import candidateCode from "../../../wgsl/shared/candidate.wgsl" with { type: "text" };
import draftsCode from "../../../wgsl/tree/drafts.wgsl" with { type: "text" };
import draftsGpuCode from "../../../wgsl/tree/drafts_gpu.wgsl" with { type: "text" };
import growShapedCode from "../../../wgsl/tree/grow_shaped.wgsl" with { type: "text" };
import growTreeCode from "../../../wgsl/tree/grow_tree.wgsl" with { type: "text" };
import growTreeGpuCode from "../../../wgsl/tree/grow_tree_gpu.wgsl" with { type: "text" };
import limitsCode from "../../../wgsl/shared/limits.wgsl" with { type: "text" };
import massCode from "../../../wgsl/shared/mass.wgsl" with { type: "text" };
import pathsCode from "../../../wgsl/tree/paths.wgsl" with { type: "text" };
import proposalCode from "../../../wgsl/drafting/proposal.wgsl" with { type: "text" };
import rowsCode from "../../../wgsl/shared/rows.wgsl" with { type: "text" };
import stateCode from "../../../wgsl/shared/state.wgsl" with { type: "text" };
import treeCode from "../../../wgsl/tree/tree.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, type Kernel, prepare } from "../../gpu/kernel.ts";
import { StructLayout } from "../../gpu/layout.ts";
import { kernelOf } from "../families.ts";
import type { TreeLayout } from "../layouts.ts";
import { profileOf } from "../profiles.ts";
import type { TreeBuffers } from "./accept.ts";
import type { TopBuffers } from "./top.ts";

const shared = [limitsCode, rowsCode, candidateCode, massCode, stateCode, treeCode];

/** How a tree grows by its most probable paths, and in a given shape. */
const KERNELS: Readonly<Record<TreeLayout["kernel"], { mostProbable: Kernel; shaped: Kernel }>> = {
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
  return kernelOf("drafting", name, ...shared, ...files);
}

/** A node of a tree's shape in a buffer: the node before it, its depth, and its rank there. */
export const PLACE: StructLayout<{ parent: number; depth: number; rank: number }> =
  new StructLayout(growShapedCode, "Place");

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
  const { shaped } = KERNELS[profileOf(gpu).layouts.tree.kernel];
  return prepare(gpu, shaped, growConstants(gpu, inputs), bindings, [1]);
}

/** Fills the tree with the most probable of the candidates' paths and of the chain that a lookup proposes. */
export function growWithProposal(gpu: Gpu, inputs: GrowInputs & { proposal: GPUBuffer }): Dispatch {
  return growMostProbable(gpu, inputs);
}

function growMostProbable(gpu: Gpu, inputs: GrowInputs & { proposal?: GPUBuffer }): Dispatch {
  const { proposal } = inputs;
  const constants = { ...growConstants(gpu, inputs), PROPOSED: Number(proposal !== undefined) };
  const bindings = {
    ...growBindings(inputs),
    proposal: proposal ?? gpu.placeholder("proposal"),
  };
  const { mostProbable } = KERNELS[profileOf(gpu).layouts.tree.kernel];
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
