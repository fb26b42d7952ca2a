import childCode from "../../../wgsl/tree/grow/children/child.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { StructLayout } from "../../gpu/layout.ts";
import { phraseBindings, type PhraseBuffers } from "../drafting/phrases.ts";
import { MAX_DEPTH } from "../limits.ts";
import { type DraftWeighing, type TopBuffers, weighingConstants } from "./top.ts";

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
  /** See `uploadFactors`. */
  factors: GPUBuffer;
  /** Numbers of a token's factors; a multiple of 4. */
  rank: number;
}

/**
 * Puts factors [2, tokens, rank] of the tokens that are drafted on the GPU, as parents, then as children; these
 * tokens, ascending, if they are not all of the vocabulary.
 */
export function uploadFactors(
  gpu: Gpu,
  factors: Float32Array,
  tokens: Uint32Array = new Uint32Array(),
): GPUBuffer {
  // Numbers of tokens are exact in f32.
  const all = new Float32Array(factors.length + 4 * Math.ceil(tokens.length / 4));
  all.set(factors);
  all.set(tokens, factors.length);
  return gpu.upload("factors of parents and children", all);
}

/**
 * How each candidate of a row ranks those of the next row, and where: in list i + 1 these stand as candidate i
 * ranks them, in list 0 as they are, or in the first row as the root ranks them.
 */
export interface ChildRanking {
  /** Logits alone say what children are worth if left out. */
  parents?: ParentFactors | undefined;
  /** What is said most often after the text's last tokens; it counts for nothing if left out. */
  phrases?: PhraseBuffers | undefined;
  /** See `createChildren`. */
  children: GPUBuffer;
  /** That of the candidates; they were taken as they are if left out. */
  weighing?: DraftWeighing | undefined;
}

/**
 * Room for the lists of children of such candidates, [rows, ranks + 1, ranks] `CHILD`; and with phrases for those
 * of all offsets after theirs.
 */
export function createChildren(
  gpu: Gpu,
  { rows, ranks }: TopBuffers,
  { hasPhrases = false } = {},
): GPUBuffer {
  const depths = hasPhrases ? Math.max(rows, MAX_DEPTH) : rows;
  return gpu.storage("children", CHILD.byteLength() * depths * (ranks + 1) * ranks);
}

/**
 * How much phrases say of the probability of candidates at the first offset, of which hidden states know most,
 * and at later ones. In a trial with SmolLM2 shares of 0.2 to 0.4 and then 0.4 to 0.7 made a difference of at most
 * 0.05 tokens per pass. With these, 28 everyday questions gave 2.17, 2.58 and 2.88 with 4, 8 and 16 nodes, and
 * 2.12, 2.44 and 2.62 without phrases.
 */
export const PHRASE_SHARES = { first: 0.3, later: 0.5 } as const;

/** Constants of rank_children.wgsl, and of mix_phrases.wgsl where there are phrases. */
export function rankingConstants(
  { parents, phrases, weighing }: ChildRanking,
  { tokens, vocabularySize }: TopBuffers,
) {
  return {
    ...weighingConstants(weighing),
    ...(phrases && {
      PHRASE_WIDTH: phrases.width,
      FIRST_SHARE: PHRASE_SHARES.first,
      LATER_SHARE: PHRASE_SHARES.later,
    }),
    LISTED: Number(parents !== undefined && tokens !== undefined),
    TOKENS: vocabularySize,
    WIDTH: (parents?.rank ?? 0) / 4,
  };
}

/** Their bindings. */
export function rankingBindings(
  gpu: Gpu,
  { parents, phrases, children, weighing }: ChildRanking,
) {
  return {
    factors: parents?.factors ?? gpu.placeholder("factors"),
    children,
    ...(phrases && {
      ...phraseBindings(phrases),
      settings: weighing?.settings ?? gpu.placeholder("settings"),
    }),
  };
}
