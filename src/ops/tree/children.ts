import beforeCode from "../../../wgsl/tree/candidates/before.wgsl" with { type: "text" };
import candidateCode from "../../../wgsl/shared/candidate.wgsl" with { type: "text" };
import childCode from "../../../wgsl/tree/grow/child.wgsl" with { type: "text" };
import draftWeightCode from "../../../wgsl/tree/candidates/draft_weight.wgsl" with { type: "text" };
import draftsCode from "../../../wgsl/tree/candidates/drafts.wgsl" with { type: "text" };
import draftsGpuCode from "../../../wgsl/tree/candidates/drafts_gpu.wgsl" with { type: "text" };
import levelCandidatesCode from "../../../wgsl/tree/candidates/level_candidates.wgsl" with {
  type: "text",
};
import levelsCode from "../../../wgsl/tree/candidates/levels.wgsl" with { type: "text" };
import limitsCode from "../../../wgsl/shared/limits.wgsl" with { type: "text" };
import massCode from "../../../wgsl/shared/mass.wgsl" with { type: "text" };
import rankChildrenCode from "../../../wgsl/tree/grow/rank_children.wgsl" with { type: "text" };
import rowsCode from "../../../wgsl/shared/rows.wgsl" with { type: "text" };
import settingsCode from "../../../wgsl/sampling/settings.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, type Kernel, prepare } from "../../gpu/kernel.ts";
import { StructLayout } from "../../gpu/layout.ts";
import { kernelOf } from "../families.ts";
import type { TreeLayout } from "../layouts.ts";
import { profileOf } from "../profiles.ts";
import type { RowBatch } from "../rows.ts";
import { type DraftWeighing, type TopBuffers, weighingConstants } from "./top.ts";

const shared = [
  limitsCode,
  rowsCode,
  candidateCode,
  massCode,
  settingsCode,
  draftWeightCode,
  levelsCode,
  levelCandidatesCode,
  beforeCode,
  childCode,
];

/** By how trees grow on a device. */
const KERNELS: Readonly<Record<TreeLayout["kernel"], Kernel>> = {
  grow_tree: kernelOf("drafting", "rank_children", ...shared, draftsCode, rankChildrenCode),
  grow_tree_gpu: kernelOf(
    "drafting",
    "rank_children_gpu",
    ...shared,
    draftsGpuCode,
    rankChildrenCode,
  ),
};

/**
 * A candidate after a parent, in a buffer: its log probability there, and the list of what comes after it
 * at the next depth.
 */
export const CHILD: StructLayout<{ value: number; token: number; list: number }> = new StructLayout(
  childCode,
  "Child",
);

/** What tokens are worth after each other: the product of the parent's factors and the child's. */
export interface ParentFactors {
  /** [2, tokens, rank] f32, of the tokens that are drafted: as parents, then as children. */
  factors: GPUBuffer;
  /** Numbers of a token's factors; a multiple of 4. */
  rank: number;
}

/** Room for the lists of children of such candidates: [rows, ranks + 1, ranks] `CHILD`. */
export function createChildren(gpu: Gpu, { rows, ranks }: TopBuffers): GPUBuffer {
  return gpu.storage("children", CHILD.byteLength() * rows * (ranks + 1) * ranks);
}

/**
 * Ranks the candidates of each row after each candidate of the row before, and, in list 0, as they are.
 * `weighing` is that of the candidates.
 */
export function rankChildren(gpu: Gpu, inputs: {
  followers: RowBatch;
  top: TopBuffers;
  parents: ParentFactors;
  children: GPUBuffer;
  weighing?: DraftWeighing | undefined;
}): Dispatch {
  const { followers, top, parents, children, weighing } = inputs;
  const { kernel, workgroup } = profileOf(gpu).layouts.tree;
  const constants = {
    DEPTH: top.rows,
    CHUNKS: top.chunks,
    RANKS: top.ranks,
    ...weighingConstants(weighing),
    LISTED: Number(top.tokens !== undefined),
    WIDTH: parents.rank / 4,
    WORKGROUP: workgroup,
  };
  const bindings = {
    followers: followers.rows,
    factors: parents.factors,
    tokens: top.tokens ?? gpu.placeholder("tokens"),
    settings: weighing?.settings ?? gpu.placeholder("settings"),
    candidates: top.candidates,
    masses: top.masses,
    children,
  };
  return prepare(gpu, KERNELS[kernel], constants, bindings, [top.rows]);
}
