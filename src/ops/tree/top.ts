import candidateCode from "../../../wgsl/shared/candidate.wgsl" with { type: "text" };
import draftWeightCode from "../../../wgsl/tree/candidates/draft_weight.wgsl" with { type: "text" };
import massCode from "../../../wgsl/shared/mass.wgsl" with { type: "text" };
import noiseCode from "../../../wgsl/sampling/noise.wgsl" with { type: "text" };
import rowsCode from "../../../wgsl/shared/rows.wgsl" with { type: "text" };
import settingsCode from "../../../wgsl/sampling/settings.wgsl" with { type: "text" };
import topCandidates from "../../../wgsl/tree/candidates/top_candidates.wgsl" with { type: "text" };
import topCode from "../../../wgsl/tree/candidates/top.wgsl" with { type: "text" };
import topGpuCode from "../../../wgsl/tree/candidates/top_gpu.wgsl" with { type: "text" };
import weighDraftsCode from "../../../wgsl/tree/candidates/weigh_drafts.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, type Kernel, prepare } from "../../gpu/kernel.ts";
import { StructLayout } from "../../gpu/layout.ts";
import { CANDIDATE } from "../choose.ts";
import { kernelOf } from "../families.ts";
import { MAX_CHUNKS, MAX_DEPTH } from "../limits.ts";
import { outputStride } from "../products/matmul.ts";
import type { TopLayout } from "../layouts.ts";
import { profileOf } from "../profiles.ts";
import type { RowBatch } from "../rows.ts";

const shared = [
  rowsCode,
  candidateCode,
  massCode,
  settingsCode,
  noiseCode,
  draftWeightCode,
  topCandidates,
  weighDraftsCode,
];
const KERNELS: Readonly<Record<TopLayout["kernel"], Kernel>> = {
  top: kernelOf("drafting", "top", ...shared, topCode),
  top_gpu: kernelOf("drafting", "top_gpu", ...shared, topGpuCode),
};

/** Greatest number of candidates per depth. */
export const MAX_RANKS = 32;

/** Greatest number of candidates of all depths together that the kernels that grow trees have room for. */
const MAX_CANDIDATES = 2048;

/** Part of a softmax, in a buffer: the greatest logit, and Σ exp(logit − greatest). */
export const MASS: StructLayout<{ greatest: number; sum: number }> = new StructLayout(
  massCode,
  "Mass",
);

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
  /** Logits of a row. */
  vocabularySize: number;
  /** [vocabularySize] u32: the token of each logit, ascending; the logit's own number if left out. */
  tokens?: GPUBuffer | undefined;
}

/** Room for the `ranks` most probable tokens of each of `rows` rows. */
export function createTopBuffers(
  gpu: Gpu,
  sizes: { rows: number; ranks: number; vocabularySize: number; tokens?: GPUBuffer | undefined },
): TopBuffers {
  const { rows, vocabularySize, tokens } = sizes;
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
    tokens,
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

/** How logits are weighed as drafts of a text. */
export interface DraftWeighing {
  /** The text's sampling settings; read if its tokens are drawn. */
  settings: GPUBuffer;
  /**
   * Whether the text's tokens are drawn: then logits are weighed in place, with the noise of the coming
   * positions.
   */
  isDrawn: boolean;
}

/**
 * What the logits of drafts are multiplied by. With these most drafts of the demo model were kept: of drawn
 * tokens, 1.6 to 3.5 were tried at temperatures of 0.7 and 1 and with trees of 4 and 16 nodes.
 */
export const DRAFT_SHARPNESS = { greedy: 2.5, drawn: 1.8 } as const;

/** The constants of `draft_weight.wgsl`; logits are taken as they are if `weighing` is left out. */
export function weighingConstants(weighing: DraftWeighing | undefined) {
  const { greedy, drawn } = DRAFT_SHARPNESS;
  return {
    SHARPNESS: weighing ? weighing.isDrawn ? drawn : greedy : 1,
    DRAWN: Number(weighing?.isDrawn ?? false),
  };
}

/**
 * Finds the most probable tokens of the batch's rows. `logits` is [rows, outputStride(vocabulary)]; they are
 * taken as they are if `weighing` is left out.
 */
export function findTop(
  gpu: Gpu,
  batch: RowBatch,
  logits: GPUBuffer,
  top: TopBuffers,
  weighing?: DraftWeighing,
): Dispatch {
  const { kernel, workgroup } = profileOf(gpu).layouts.top;
  const constants = {
    VOCABULARY: top.vocabularySize,
    LOGITS_STRIDE: outputStride(top.vocabularySize) / 4,
    CHUNK: top.chunkTokens,
    CHUNKS: top.chunks,
    RANKS: top.ranks,
    ...weighingConstants(weighing),
    LISTED: Number(top.tokens !== undefined),
    WORKGROUP: workgroup,
  };
  const { candidates, masses } = top;
  const bindings = {
    rows: batch.rows,
    logits,
    candidates,
    masses,
    settings: weighing?.settings ?? gpu.placeholder("settings"),
    tokens: top.tokens ?? gpu.placeholder("tokens"),
  };
  return prepare(gpu, KERNELS[kernel], constants, bindings, [top.chunks, top.rows]);
}
