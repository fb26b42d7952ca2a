import type { Gpu } from "../../../gpu/gpu.ts";
import { createLookupBuffers, freeLookupBuffers, lookUp } from "../../../ops/drafting/lookup.ts";
import { commit, type CommittedLayers, MOVES } from "../../../ops/tree/accept.ts";
import { MAX_DEPTH } from "../../../ops/limits.ts";
import type { HeadShape } from "../../../ops/heads.ts";
import type { Findings } from "../../check.ts";
import { randomIntegers } from "../../oracles/numbers/random.ts";
import { Workspace } from "../../workspace.ts";

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

/**
 * The accepted drafts' keys and values are in the slots of their positions, and nothing else changed; with a
 * lookup and without.
 */
export async function checkCommit(
  gpu: Gpu,
  commitCase: CommitCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const { kvHeadCount, headDim, format, layers, drafts } = commitCase;
  const slots = TEXT_SLOTS + TREE_SLOTS;
  const slotWords = headDim * (format === "f16" ? 2 : 4) / 4;
  const layerWords = 2 * kvHeadCount * slots * slotWords;
  const firstSlot = 2 ** 32 - TREE_SLOTS;
  const before = Uint32Array.from(randomIntegers(layers * layerWords, 1, 2 ** 32));
  const moves = Array.from({ length: drafts }, (_, i) => ({
    slot: firstSlot + (7 * i + 3) % TREE_SLOTS,
    position: 11 + i,
  }));
  const batch = workspace.batch([], 1);
  const tree = workspace.tree({ batch, nodes: 1, followers: 0, firstSlot });
  gpu.write(tree.moves, 0, MOVES.pack({ count: drafts, entry: moves }));

  const expected = before.slice();
  for (let layer = 0; layer < layers; layer++) {
    for (let head = 0; head < 2 * kvHeadCount; head++) { // Of the keys, then of the values.
      const at = (slot: number) =>
        layer * layerWords + (head * slots + (slot + TREE_SLOTS) % 2 ** 32) * slotWords;
      for (const { slot, position } of moves) {
        expected.set(before.subarray(at(slot), at(slot) + slotWords), at(position));
      }
    }
  }
  const choice = workspace.choice(1, 8, 1);
  const buffers = createLookupBuffers(gpu, 1, { drafts: 1, recycles: false });
  const lookup = { buffers, shared: { shortest: 1, longest: 1 } };
  const ways = {
    commit: (layers: CommittedLayers) => commit(gpu, tree, layers),
    lookup: (layers: CommittedLayers) => lookUp(gpu, tree, choice, lookup, layers),
  };
  for (const [way, dispatch] of Object.entries(ways)) {
    const buffer = workspace.upload("cache", before);
    workspace.run(dispatch({ ...commitCase, buffer, layerCount: layers, draftSlots: TREE_SLOTS }));
    const label = `${way}, ${drafts} drafts, ${kvHeadCount} heads of ${headDim} in ${format}`;
    findings.equal(label, await gpu.readWords(buffer, 0, before.length), expected);
  }
  freeLookupBuffers(gpu, buffers);
}
