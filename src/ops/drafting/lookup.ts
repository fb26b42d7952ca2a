import commitLayerCode from "../../../wgsl/tree/verify/commit_layer.wgsl" with { type: "text" };
import limitsCode from "../../../wgsl/shared/limits.wgsl" with { type: "text" };
import lookupCode from "../../../wgsl/drafting/lookup.wgsl" with { type: "text" };
import movesCode from "../../../wgsl/tree/verify/moves.wgsl" with { type: "text" };
import proposalCode from "../../../wgsl/drafting/proposal.wgsl" with { type: "text" };
import recycledCode from "../../../wgsl/drafting/recycled.wgsl" with { type: "text" };
import recordCode from "../../../wgsl/shared/record.wgsl" with { type: "text" };
import rowsCode from "../../../wgsl/shared/rows.wgsl" with { type: "text" };
import stateCode from "../../../wgsl/shared/state.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, prepare } from "../../gpu/kernel.ts";
import { constantOf, StructLayout } from "../../gpu/layout.ts";
import { kernelOf } from "../families.ts";
import { MAX_DEPTH } from "../limits.ts";
import { ABSENT_TOKEN } from "./phrases.ts";
import { commitConstants, type CommittedLayers, type TreeBuffers } from "../tree/accept.ts";
import type { ChoiceBuffers } from "../choose.ts";
import { profileOf } from "../profiles.ts";

const lookupKernel = kernelOf(
  "drafting",
  "lookup",
  limitsCode,
  rowsCode,
  stateCode,
  recordCode,
  proposalCode,
  movesCode,
  commitLayerCode,
  lookupCode,
);

/** Before anything was chosen. */
const NO_CHOICES = new Uint32Array(constantOf(recycledCode, "RECYCLED_CHOICES")).fill(ABSENT_TOKEN);

/** What a lookup leaves for the growth of a tree, and acceptance for lookups, see proposal.wgsl. */
export interface ProposalFields {
  length: number;
  shared_tokens: number;
  guess: number;
  trust: readonly number[];
  followers: number;
  room: number;
  previous: readonly number[];
  token: readonly number[];
  before_root: number;
  choices: ArrayLike<number>;
}

/** The same in a buffer. */
export const PROPOSAL: StructLayout<ProposalFields> = new StructLayout(
  `${limitsCode}\n${proposalCode}`,
  "Proposal",
);

/** The bytes of a proposal with these fields; the others are as before anything was looked up or chosen. */
export function packProposal(
  { token = [], ...fields }: Partial<ProposalFields>,
): Uint32Array<ArrayBuffer> {
  return PROPOSAL.pack({
    length: 0,
    shared_tokens: 0,
    guess: 0,
    trust: [0, 0, 0],
    followers: 0,
    room: 0,
    previous: [0, 0],
    before_root: ABSENT_TOKEN,
    choices: [ABSENT_TOKEN],
    ...fields,
    token: Array.from({ length: MAX_DEPTH }, (_, i) => token[i] ?? 0),
  });
}

/**
 * How often what came after one, two, three or more shared tokens is right, before a text has shown it:
 * about what texts of SmolLM2's own have.
 */
const USUAL_TRUST = [0.16, 0.45, 0.6];

/** The text so far and what may come next. */
export interface LookupBuffers {
  /** [positions] u32: the tokens of the text, written by the host up to the prompt's end. */
  history: GPUBuffer;
  /** See `PROPOSAL`. */
  proposal: GPUBuffer;
  /** Most tokens to propose. */
  drafts: number;
  /** Whether the proposal has room for what is chosen after drafts. */
  recycles: boolean;
}

/**
 * Room for a text of `positions` tokens, for `drafts` proposed ones, and for what is chosen after drafts if they
 * are to be recycled.
 */
export function createLookupBuffers(
  gpu: Gpu,
  positions: number,
  { drafts, recycles }: Pick<LookupBuffers, "drafts" | "recycles">,
): LookupBuffers {
  return {
    history: gpu.storage("history", 4 * positions),
    proposal: gpu.storage("proposal", PROPOSAL.byteLength(recycles ? NO_CHOICES.length : 1)),
    drafts,
    recycles,
  };
}

/** A text begins with these tokens, of which nothing was looked up yet, and nothing was drafted. */
export function beginLookups(
  gpu: Gpu,
  { history, proposal, recycles }: LookupBuffers,
  ids: readonly number[],
): void {
  const before_root = ids.at(-2) ?? ABSENT_TOKEN;
  gpu.write(history, 0, new Uint32Array(ids));
  gpu.write(proposal, 0, packProposal({ trust: USUAL_TRUST, before_root }));
  if (recycles) gpu.write(proposal, PROPOSAL.offsetOf("choices"), NO_CHOICES);
}

/** Frees the buffers. */
export function freeLookupBuffers(gpu: Gpu, { history, proposal }: LookupBuffers): void {
  gpu.free(history, proposal);
}

/** More tokens than any places share. */
const NEVER = 2 ** 32 - 1;

/** Which earlier places count, by the number of last tokens that they share with the text. */
export interface SharedTokens {
  /** Fewest that must be shared, at least 1. */
  shortest: number;
  /** Most that are compared; lookup.wgsl packs the number with a position. Places that share as many are equal. */
  longest: number;
  /** With so many, no rows follow the last accepted node; rows always follow if left out. */
  enough?: number;
  /** Places of a kind that was right less often than this, lately, propose nothing; 0 if left out. */
  leastTrust?: number;
  /** Most tokens to propose where fewer than four are shared; as many as elsewhere if left out. */
  fewDrafts?: number;
}

/** What is looked up in a text once tokens were accepted. */
export interface Lookup {
  buffers: Omit<LookupBuffers, "recycles">;
  shared: SharedTokens;
  /**
   * Nodes of the next tree: the proposed tokens that it has room for become a chain below the root. They
   * are proposed alone if left out.
   */
  grown?: number | undefined;
}

/**
 * proposal = what came after the most recent of the earlier places that share most last tokens with
 * the text; after acceptance, whose tokens are appended to the history first. Meanwhile accepted drafts
 * are committed as `commit` does it, in the layers that are given.
 */
export function lookUp(
  gpu: Gpu,
  tree: TreeBuffers,
  choice: ChoiceBuffers,
  { buffers, shared, grown }: Lookup,
  committed?: CommittedLayers,
): Dispatch {
  const { shortest, longest, enough, leastTrust = 0, fewDrafts = buffers.drafts } = shared;
  const drafts = Math.min(buffers.drafts, grown === undefined ? Infinity : grown - 1);
  const constants = {
    RECORDS: choice.recordCount,
    SHORTEST: shortest,
    LONGEST: longest,
    DRAFTS: drafts,
    ENOUGH: enough ?? NEVER,
    FEW_DRAFTS: Math.min(fewDrafts, drafts),
    LEAST_TRUST: leastTrust,
    GROWS: Number(grown !== undefined),
    ANCESTORS: tree.batch.ancestorRoom,
    TREE_SLOT: tree.treeSlot,
    ...(committed ? commitConstants(committed) : NOTHING_COMMITTED),
    WORKGROUP: profileOf(gpu).layouts.lookup.workgroup,
  };
  const bindings = {
    rows: tree.batch.rows,
    state: choice.state,
    records: choice.records,
    history: buffers.history,
    proposal: buffers.proposal,
    followers: tree.followers.rows,
    parents: tree.parents,
    ancestors: tree.batch.ancestors,
    moves: tree.moves,
    cache: committed?.buffer ?? gpu.placeholder("cache"),
  };
  const grid = committed ? [2, 1 + committed.layerCount] as const : [1] as const;
  return prepare(gpu, lookupKernel, constants, bindings, grid);
}

const NOTHING_COMMITTED = { LAYERS: 0, KV_HEADS: 0, SLOT_WORDS: 0, DRAFT_SLOTS: 0 };
