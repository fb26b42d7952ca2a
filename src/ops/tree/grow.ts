import beforeCode from "../../../wgsl/tree/candidates/before.wgsl" with { type: "text" };
import candidateCode from "../../../wgsl/shared/candidate.wgsl" with { type: "text" };
import childCode from "../../../wgsl/tree/grow/children/child.wgsl" with { type: "text" };
import childrenAlikeCode from "../../../wgsl/tree/grow/children/children_alike.wgsl" with {
  type: "text",
};
import childrenRankedCode from "../../../wgsl/tree/grow/children/children_ranked.wgsl" with {
  type: "text",
};
import draftWeightCode from "../../../wgsl/tree/candidates/draft_weight.wgsl" with { type: "text" };
import draftsCode from "../../../wgsl/tree/candidates/drafts.wgsl" with { type: "text" };
import draftsGpuCode from "../../../wgsl/tree/candidates/drafts_gpu.wgsl" with { type: "text" };
import followedLevelsCode from "../../../wgsl/tree/grow/followed_levels.wgsl" with { type: "text" };
import goOnCode from "../../../wgsl/tree/grow/children/go_on_with_phrases.wgsl" with {
  type: "text",
};
import growShapedCode from "../../../wgsl/tree/grow/grow_shaped.wgsl" with { type: "text" };
import growTreeCode from "../../../wgsl/tree/grow/grow_tree.wgsl" with { type: "text" };
import growTreeGpuCode from "../../../wgsl/tree/grow/grow_tree_gpu.wgsl" with { type: "text" };
import lastTokensCode from "../../../wgsl/drafting/last_tokens.wgsl" with { type: "text" };
import levelCandidatesCode from "../../../wgsl/tree/candidates/level_candidates.wgsl" with {
  type: "text",
};
import levelsCode from "../../../wgsl/tree/candidates/levels.wgsl" with { type: "text" };
import listsOfLevelsCode from "../../../wgsl/tree/grow/lists_of_levels.wgsl" with { type: "text" };
import limitsCode from "../../../wgsl/shared/limits.wgsl" with { type: "text" };
import massCode from "../../../wgsl/shared/mass.wgsl" with { type: "text" };
import mixNothingCode from "../../../wgsl/tree/grow/children/mix_nothing.wgsl" with {
  type: "text",
};
import mixPhrasesCode from "../../../wgsl/tree/grow/children/mix_phrases.wgsl" with {
  type: "text",
};
import noiseCode from "../../../wgsl/sampling/noise.wgsl" with { type: "text" };
import phrasesCode from "../../../wgsl/drafting/phrases.wgsl" with { type: "text" };
import recycledCode from "../../../wgsl/drafting/recycled.wgsl" with { type: "text" };
import rankChildrenCode from "../../../wgsl/tree/grow/children/rank_children.wgsl" with {
  type: "text",
};
import pathsCode from "../../../wgsl/tree/grow/paths.wgsl" with { type: "text" };
import proposalCode from "../../../wgsl/drafting/proposal.wgsl" with { type: "text" };
import rowsCode from "../../../wgsl/shared/rows.wgsl" with { type: "text" };
import settingsCode from "../../../wgsl/sampling/settings.wgsl" with { type: "text" };
import treeCode from "../../../wgsl/tree/grow/tree.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, type Kernel, prepare } from "../../gpu/kernel.ts";
import { StructLayout } from "../../gpu/layout.ts";
import { kernelOf } from "../families.ts";
import type { TreeLayout } from "../layouts.ts";
import { profileOf } from "../profiles.ts";
import type { TreeBuffers } from "./accept.ts";
import { type ChildRanking, rankingBindings, rankingConstants } from "./children.ts";
import type { TopBuffers } from "./top.ts";
import { rowWorth } from "./worth.ts";

const found = [
  limitsCode,
  rowsCode,
  candidateCode,
  levelsCode,
  treeCode,
  massCode,
  beforeCode,
  levelCandidatesCode,
];
const ranked = [childCode, draftWeightCode, rankChildrenCode, childrenRankedCode];
const phrases = [
  ...[settingsCode, noiseCode, lastTokensCode, phrasesCode, recycledCode],
  ...[mixPhrasesCode, goOnCode],
];
const paths = [listsOfLevelsCode, proposalCode, pathsCode];

/**
 * How a tree grows by its most probable paths: where children are the same below every parent, where each
 * parent ranks them, and where phrases are mixed into its lists; and in a given shape.
 */
const KERNELS: Readonly<
  Record<TreeLayout["kernel"], Record<"alike" | "ranked" | "mixed" | "shaped", Kernel>>
> = {
  grow_tree: growKernels("", draftsCode, growTreeCode),
  grow_tree_gpu: growKernels("_gpu", draftsGpuCode, growTreeGpuCode),
};

/** `finding` is the file that finds drafts, `growing` the one that makes a tree of what may come below a node. */
function growKernels(suffix: string, finding: string, growing: string) {
  const kernel = (name: string, ...files: string[]) =>
    kernelOf("drafting", `${name}${suffix}`, ...found, finding, ...files);
  return {
    alike: kernel("grow_tree", followedLevelsCode, childrenAlikeCode, ...paths, growing),
    ranked: kernel("grow_ranked", followedLevelsCode, mixNothingCode, ...ranked, ...paths, growing),
    mixed: kernel("grow_mixed", ...phrases, ...ranked, ...paths, growing),
    shaped: kernel("grow_shaped", followedLevelsCode, growShapedCode),
  };
}

/** A node of a tree's shape in a buffer: the node before it, its depth, and its rank there. */
export const PLACE: StructLayout<{ parent: number; depth: number; rank: number }> =
  new StructLayout(growShapedCode, "Place");

/** A tree to be filled from the candidates of its followers, one row of candidates per depth. */
export interface GrowInputs {
  tree: TreeBuffers;
  nodes: number;
  top: TopBuffers;
  /** How each parent ranks them; they are the same below every parent if left out. */
  ranking?: ChildRanking | undefined;
}

/** Fills the tree with the most probable paths. What phrases follow is known of proposals alone. */
export function growTree(
  gpu: Gpu,
  inputs: GrowInputs & { ranking?: Omit<ChildRanking, "phrases"> | undefined },
): Dispatch {
  return growMostProbable(gpu, inputs);
}

/** Fills the tree with the most probable of the candidates' paths and of the chain that a lookup proposes. */
export function growWithProposal(gpu: Gpu, inputs: GrowInputs & { proposal: GPUBuffer }): Dispatch {
  return growMostProbable(gpu, inputs);
}

/** Fills the tree with the candidates that `shape` asks for, [nodes] `PLACE`; these are the same below every parent. */
export function growShaped(
  gpu: Gpu,
  inputs: GrowInputs & { shape: GPUBuffer },
): Dispatch {
  const bindings = { ...treeBindings(inputs), ...followerBindings(inputs), shape: inputs.shape };
  const { shaped } = KERNELS[profileOf(gpu).layouts.tree.kernel];
  return prepare(gpu, shaped, treeConstants(gpu, inputs), bindings, [1]);
}

function growMostProbable(gpu: Gpu, inputs: GrowInputs & { proposal?: GPUBuffer }): Dispatch {
  const { proposal, ranking, top } = inputs;
  const { kernel } = profileOf(gpu).layouts.tree;
  const constants = {
    ...treeConstants(gpu, inputs),
    PROPOSED: Number(proposal !== undefined),
    ...(kernel === "grow_tree" && { WORTH: rowWorth(gpu, inputs.tree) }),
  };
  const bindings = {
    ...treeBindings(inputs),
    proposal: proposal ?? gpu.placeholder("proposal"),
  };
  const { alike, ranked, mixed } = KERNELS[kernel];
  const followers = followerBindings(inputs);
  if (!ranking) return prepare(gpu, alike, constants, { ...bindings, ...followers }, [1]);
  return prepare(
    gpu,
    ranking.phrases ? mixed : ranked,
    { ...constants, ...rankingConstants(ranking, top) },
    { ...bindings, ...(ranking.phrases ? {} : followers), ...rankingBindings(gpu, ranking) },
    [1],
  );
}

function treeConstants(gpu: Gpu, { tree, nodes, top }: GrowInputs) {
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

function treeBindings({ tree, top }: GrowInputs) {
  return {
    rows: tree.batch.rows,
    parents: tree.parents,
    ancestors: tree.batch.ancestors,
    candidates: top.candidates,
    masses: top.masses,
  };
}

function followerBindings({ tree }: GrowInputs) {
  return { followers: tree.followers.rows };
}
