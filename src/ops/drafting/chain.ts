import beginChainCode from "../../../wgsl/drafting/begin_chain.wgsl" with { type: "text" };
import candidateCode from "../../../wgsl/shared/candidate.wgsl" with { type: "text" };
import extendChainCode from "../../../wgsl/drafting/extend_chain.wgsl" with { type: "text" };
import massCode from "../../../wgsl/shared/mass.wgsl" with { type: "text" };
import rowsCode from "../../../wgsl/shared/rows.wgsl" with { type: "text" };
import stateCode from "../../../wgsl/shared/state.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, prepare } from "../../gpu/kernel.ts";
import { kernelOf } from "../families.ts";
import type { TreeBuffers } from "../tree/accept.ts";
import { type ChoiceBuffers, seenWords } from "../choose.ts";
import { profileOf } from "../profiles.ts";
import type { RowBatch } from "../rows.ts";

const beginChainKernel = kernelOf("drafting", "begin_chain", rowsCode, stateCode, beginChainCode);
const extendChainKernel = kernelOf(
  "drafting",
  "extend_chain",
  rowsCode,
  candidateCode,
  massCode,
  stateCode,
  extendChainCode,
);

const BEGIN_WORKGROUP = 64;

/**
 * Makes the tree a chain for good, each node below the one before it. Only its tokens and its length
 * change from step to step.
 */
export function writeChain(gpu: Gpu, tree: TreeBuffers, nodes: number): void {
  const room = tree.batch.ancestorRoom;
  const ancestors = new Uint32Array(nodes * room);
  for (let node = 1; node < nodes; node++) {
    ancestors.set(chainSlots(tree, node), node * room);
  }
  gpu.write(tree.batch.ancestors, 0, ancestors);
  gpu.write(
    tree.parents,
    0,
    Uint32Array.from({ length: nodes }, (_, node) => Math.max(0, node - 1)),
  );
}

/** Cache slots of the chain's drafts, from the first to the `length`-th. */
export function chainSlots(tree: TreeBuffers, length: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length }, (_, i) => tree.treeSlot + 1 + i);
}

/** A chain in the making by a model that drafts a token per pass. */
export interface ChainInputs {
  tree: TreeBuffers;
  /** The loop's own state, and the tokens in the context. */
  choice: ChoiceBuffers;
  /** The one row of a drafting pass. */
  batch: RowBatch;
  /** The tokens in the context and the chain, one bit per token of the vocabulary. */
  draftSeen: GPUBuffer;
}

/** Makes the root the row of the first drafting pass; after acceptance. */
export function beginChain(gpu: Gpu, inputs: ChainInputs): Dispatch {
  const { tree, choice, batch, draftSeen } = inputs;
  const words = seenWords(choice.vocabularySize);
  const constants = { SEEN_WORDS: words, WORKGROUP: BEGIN_WORKGROUP };
  const bindings = {
    rows: tree.batch.rows,
    state: choice.state,
    seen: choice.seen,
    draft_rows: batch.rows,
    draft_seen: draftSeen,
  };
  const groups = Math.ceil(words / BEGIN_WORKGROUP);
  return prepare(gpu, beginChainKernel, constants, bindings, [groups]);
}

/** The next token of a chain, and when it is the last one. */
export interface ChainDraft {
  /** [count] `CANDIDATE`: the row's, of which the best is taken. */
  candidates: { buffer: GPUBuffer; count: number };
  /** Most drafts in it. */
  drafts: number;
  /** Probability below which a draft is the last one; needs its row's logits and their masses. */
  confidence?: { least: number; logits: GPUBuffer; masses: GPUBuffer; massCount: number };
}

/** Appends the token chosen in a drafting pass, and makes it the row of the next. */
export function extendChain(
  gpu: Gpu,
  inputs: ChainInputs,
  { candidates, drafts, confidence }: ChainDraft,
): Dispatch {
  const { tree, choice, batch, draftSeen } = inputs;
  const constants = {
    CHUNKS: candidates.count,
    MASSES: confidence?.massCount ?? 0,
    DRAFTS: drafts,
    TREE_SLOT: tree.treeSlot,
    CONFIDENCE: confidence?.least ?? 0,
    WORKGROUP: profileOf(gpu).layouts.chain.workgroup,
  };
  const bindings = {
    rows: tree.batch.rows,
    state: choice.state,
    draft_rows: batch.rows,
    draft_seen: draftSeen,
    candidates: candidates.buffer,
    masses: confidence?.masses ?? gpu.placeholder("masses"),
    logits: confidence?.logits ?? gpu.placeholder("logits"),
  };
  return prepare(gpu, extendChainKernel, constants, bindings, [1]);
}
