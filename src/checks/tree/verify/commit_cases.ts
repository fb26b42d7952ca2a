import type { Gpu } from "../../../gpu/gpu.ts";
import type { HeadShape } from "../../../ops/heads.ts";
import { MAX_DEPTH } from "../../../ops/limits.ts";
import { type CommittedLayers, MOVES, type TreeBuffers } from "../../../ops/tree/accept.ts";
import { keepDrafts } from "../../oracles/drafts/commit.ts";
import { randomIntegers } from "../../oracles/numbers/random.ts";
import type { Workspace } from "../../workspace.ts";

/** One commit to check. */
export interface CommitCase extends HeadShape {
  format: "f16" | "f32";
  layers: number;
  /** Drafts to keep. */
  drafts: number;
}

/** Both precisions, no draft, as many as there can be. */
export const COMMIT_CASES: readonly CommitCase[] = [
  { headCount: 1, kvHeadCount: 1, headDim: 8, format: "f16", layers: 1, drafts: 1 },
  { headCount: 8, kvHeadCount: 4, headDim: 32, format: "f16", layers: 3, drafts: 4 },
  { headCount: 4, kvHeadCount: 3, headDim: 24, format: "f32", layers: 2, drafts: MAX_DEPTH },
  { headCount: 2, kvHeadCount: 2, headDim: 16, format: "f32", layers: 2, drafts: 0 },
];

const TEXT_SLOTS = 40;
const TREE_SLOTS = 20;

/** A cache with drafts in it, which the tree has accepted. */
export interface DraftedCache {
  layers: CommittedLayers;
  /** What the cache is to hold once they are kept. */
  expected: Uint32Array;
}

/** Makes the cache of a case, and tells the tree which of its drafts were accepted. */
export function draftedCache(
  gpu: Gpu,
  workspace: Workspace,
  tree: TreeBuffers,
  commitCase: CommitCase,
): DraftedCache {
  const { kvHeadCount, headDim, format, layers, drafts } = commitCase;
  const slots = TREE_SLOTS + TEXT_SLOTS;
  const slotWords = headDim * (format === "f16" ? 2 : 4) / 4;
  const words = Uint32Array.from(
    randomIntegers(layers * 2 * kvHeadCount * slots * slotWords, 1, 2 ** 32),
  );
  const moves = Array.from({ length: drafts }, (_, i) => ({
    slot: 2 ** 32 - TREE_SLOTS + (7 * i + 3) % TREE_SLOTS,
    position: 11 + i,
  }));
  gpu.write(tree.moves, 0, MOVES.pack({ count: drafts, entry: moves }));
  const buffer = workspace.upload("cache", words);
  const sizes = { layers, kvHeadCount, slots, draftSlots: TREE_SLOTS, slotWords };
  return {
    layers: { ...commitCase, buffer, layerCount: layers, draftSlots: TREE_SLOTS },
    expected: keepDrafts({ ...sizes, words }, moves),
  };
}
