import candidateCode from "../../wgsl/shared/candidate.wgsl" with { type: "text" };
import chooseCode from "../../wgsl/sampling/choose.wgsl" with { type: "text" };
import filterCode from "../../wgsl/sampling/filter.wgsl" with { type: "text" };
import limitsCode from "../../wgsl/shared/limits.wgsl" with { type: "text" };
import contextCode from "../../wgsl/sampling/context.wgsl" with { type: "text" };
import noiseCode from "../../wgsl/sampling/noise.wgsl" with { type: "text" };
import rowsCode from "../../wgsl/shared/rows.wgsl" with { type: "text" };
import settingsCode from "../../wgsl/sampling/settings.wgsl" with { type: "text" };
import type { Bytes, Gpu } from "../gpu/gpu.ts";
import { type Dispatch, prepare } from "../gpu/kernel.ts";
import { StructLayout } from "../gpu/layout.ts";
import { kernelOf } from "./families.ts";
import { MAX_END_TOKENS } from "./limits.ts";
import { RECORD, STATE } from "./loop_state.ts";
import { outputStride } from "./products/matmul.ts";
import { profileOf } from "./profiles.ts";
import type { RowBatch } from "./rows.ts";

const shared = [limitsCode, rowsCode, settingsCode, contextCode];
const chooseKernel = kernelOf("choice", "choose", ...shared, candidateCode, noiseCode, chooseCode);
const filterKernel = kernelOf("choice", "filter", ...shared, filterCode);

/** Tokens that one workgroup looks at. */
const TOKENS_PER_GROUP = 1024;

/** Candidates that each row of logits gives: one per part of the vocabulary. */
export function candidateChunks(vocabularySize: number): number {
  return Math.ceil(vocabularySize / TOKENS_PER_GROUP);
}

/** A token and the value by which it is ranked, in a buffer. */
export const CANDIDATE: StructLayout<{ value: number; token: number }> = new StructLayout(
  candidateCode,
  "Candidate",
);

/** Sampling settings in a buffer, see `packSettings`. */
const SETTINGS: StructLayout<{
  temperature: number;
  top_k: number;
  top_p: number;
  log_min_p: number;
  penalty: number;
  seed_low: number;
  seed_high: number;
}> = new StructLayout(settingsCode, "Settings");

/** Buffers of choosing and of the loop's state. */
export interface ChoiceBuffers {
  /** Sampling settings, see `packSettings`. */
  settings: GPUBuffer;
  /** One bit per token of the vocabulary: whether it stands in the context. */
  seen: GPUBuffer;
  /** [rows] f32: the least kept penalised logit / temperature. */
  thresholds: GPUBuffer;
  /** [rows, chunks] `CANDIDATE`. */
  candidates: GPUBuffer;
  /** Counters and limits of the decoding, see `STATE`. */
  state: GPUBuffer;
  /** [records] `RECORD`. */
  records: GPUBuffer;
  vocabularySize: number;
  recordCount: number;
}

/** Buffers for choosing among the logits of up to `rowCapacity` rows. */
export function createChoiceBuffers(
  gpu: Gpu,
  sizes: { rowCapacity: number; vocabularySize: number; recordCount: number },
): ChoiceBuffers {
  const { rowCapacity, vocabularySize, recordCount } = sizes;
  const chunks = Math.ceil(vocabularySize / TOKENS_PER_GROUP);
  return {
    settings: gpu.storage("sampling settings", SETTINGS.byteLength()),
    seen: gpu.storage("seen tokens", 4 * Math.ceil(vocabularySize / 32)),
    thresholds: gpu.storage("thresholds", 4 * rowCapacity),
    candidates: gpu.storage("candidates", CANDIDATE.byteLength() * rowCapacity * chunks),
    state: gpu.storage("decoding state", STATE.byteLength(MAX_END_TOKENS)),
    records: gpu.storage("step records", RECORD.byteLength() * recordCount),
    vocabularySize,
    recordCount,
  };
}

/** Frees the buffers. */
export function freeChoiceBuffers(gpu: Gpu, buffers: ChoiceBuffers): void {
  const { settings, seen, thresholds, candidates, state, records } = buffers;
  gpu.free(settings, seen, thresholds, candidates, state, records);
}

/** Sampling settings as the kernels read them; units as in the decoder's settings. */
export function packSettings(settings: {
  temperature: number;
  topK: number;
  topP: number;
  minP: number;
  repetitionPenalty: number;
  seed: number;
}): Bytes {
  const { temperature, topK, topP, minP, repetitionPenalty, seed } = settings;
  return SETTINGS.pack({
    temperature,
    top_k: topK,
    top_p: topP,
    log_min_p: minP > 0 ? Math.log(minP) : -3e38,
    penalty: repetitionPenalty,
    seed_low: seed % 2 ** 32,
    seed_high: Math.floor(seed / 2 ** 32),
  });
}

/** One bit per token of the vocabulary that stands in the context. */
export function packSeen(vocabularySize: number, ids: readonly number[]): Bytes {
  const words = new Uint32Array(Math.ceil(vocabularySize / 32));
  for (const id of ids) words[id >> 5] |= 1 << (id & 31);
  return words;
}

/** What choosing reads: the batch, its logits [rows, outputStride(vocabulary)], and the buffers. */
export interface ChooseInputs {
  batch: RowBatch;
  rowCount: number;
  logits: GPUBuffer;
  buffers: ChoiceBuffers;
  /** [rows] u32: the node before each, if the rows are a tree; else each stands right after the text. */
  parents?: GPUBuffer;
}

/**
 * candidates = the best token of each part of the vocabulary, per row. `greedy` promises a temperature
 * of 0 and no penalty, and is faster on software devices.
 */
export function chooseCandidates(gpu: Gpu, inputs: ChooseInputs & { greedy?: boolean }): Dispatch {
  const { batch, rowCount, logits, buffers } = inputs;
  const { settings, seen, thresholds, candidates, vocabularySize } = buffers;
  const chunks = Math.ceil(vocabularySize / TOKENS_PER_GROUP);
  const constants = {
    VOCABULARY: vocabularySize,
    LOGITS_STRIDE: outputStride(vocabularySize) / 4,
    CHUNK: TOKENS_PER_GROUP,
    CHUNKS: chunks,
    WORKGROUP: profileOf(gpu).layouts.choose.workgroup,
    GREEDY: Number(inputs.greedy ?? false),
    TREE: Number(inputs.parents !== undefined),
  };
  const parents = inputs.parents ?? gpu.placeholder("parents");
  const bindings = { rows: batch.rows, logits, settings, seen, thresholds, candidates, parents };
  return prepare(gpu, chooseKernel, constants, bindings, [chunks, rowCount]);
}

/** thresholds = what top-k, top-p and min-p leave of each row's distribution. */
export function filterLogits(gpu: Gpu, inputs: ChooseInputs): Dispatch {
  const { batch, rowCount, logits, buffers } = inputs;
  const { settings, seen, thresholds, vocabularySize } = buffers;
  const { workgroup, digitBits } = profileOf(gpu).layouts.filter;
  const constants = {
    VOCABULARY: vocabularySize,
    LOGITS_STRIDE: outputStride(vocabularySize) / 4,
    WORKGROUP: workgroup,
    DIGIT_BITS: digitBits,
    TREE: Number(inputs.parents !== undefined),
  };
  const parents = inputs.parents ?? gpu.placeholder("parents");
  const bindings = { rows: batch.rows, logits, settings, seen, thresholds, parents };
  return prepare(gpu, filterKernel, constants, bindings, [rowCount]);
}

/**
 * The ways to choose tokens; a step does only what its own needs. Greedy choices are those of plain
 * logits, without a penalty.
 */
export type Choosing = "greedy" | "sampled" | "filtered";

/** candidates = the best tokens of each row, as the way of choosing has it. */
export function choose(gpu: Gpu, inputs: ChooseInputs, choosing: Choosing): Dispatch[] {
  return [
    ...(choosing === "filtered" ? [filterLogits(gpu, inputs)] : []),
    chooseCandidates(gpu, { ...inputs, greedy: choosing === "greedy" }),
  ];
}
