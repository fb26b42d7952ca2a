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

/** How the next token is chosen from the logits. Temperature 0 is greedy. */
export interface TokenChoice {
  /** Divides the logits; 0 takes the most probable token always. */
  temperature: number;
  /** Keeps the k most probable tokens (ties of the k-th included); 0 keeps all. */
  topK: number;
  /** Keeps the smallest set of most probable tokens whose mass reaches this; 1 keeps all. */
  topP: number;
  /** Drops tokens less probable than this fraction of the most probable one; 0 keeps all. */
  minP: number;
  /** Divides positive and multiplies negative logits of tokens already in the context; 1 is off. */
  repetitionPenalty: number;
}

/** How the next token is chosen, with the noise that chooses where the temperature is not 0. */
export interface SamplingSettings extends TokenChoice {
  /** Key of the noise; with it the text is a function of prompt, settings and position alone. 0 … 2^53 − 1. */
  seed: number;
}

/** Settings that change nothing of the logits. */
export const NEUTRAL: TokenChoice = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
};

/** Greedy decoding: every setting at its neutral value. */
export const GREEDY: Readonly<SamplingSettings> = Object.freeze({ ...NEUTRAL, seed: 0 });

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

/** Buffers of choosing. */
export interface ChoosingBuffers {
  /** [texts] sampling settings, see `packSettings`. */
  settings: GPUBuffer;
  /** [texts, seenWords(vocabulary)]: one bit per token: whether it stands in the context. */
  seen: GPUBuffer;
  /** [rows] f32: the least kept penalised logit / temperature. */
  thresholds: GPUBuffer;
  /** [rows, chunks] `CANDIDATE`. */
  candidates: GPUBuffer;
  vocabularySize: number;
  /** Whether every row has a text and settings of its own; else there is one text. */
  ownTexts: boolean;
}

/** Buffers of choosing and of the loop's state. */
export interface ChoiceBuffers extends ChoosingBuffers {
  /** Counters and limits of the decoding, see `STATE`. */
  state: GPUBuffer;
  /** [records] `RECORD`. */
  records: GPUBuffer;
  recordCount: number;
}

/** Words of 32 bits in which each token of the vocabulary has one. */
export function seenWords(vocabularySize: number): number {
  return Math.ceil(vocabularySize / 32);
}

/** Buffers for choosing among the logits of up to `rowCapacity` rows. */
export function createChoosingBuffers(
  gpu: Gpu,
  sizes: { rowCapacity: number; vocabularySize: number; ownTexts: boolean },
): ChoosingBuffers {
  const { rowCapacity, vocabularySize, ownTexts } = sizes;
  const texts = ownTexts ? rowCapacity : 1;
  const chunks = candidateChunks(vocabularySize);
  return {
    settings: createSettings(gpu, texts),
    seen: gpu.storage("seen tokens", 4 * seenWords(vocabularySize) * texts),
    thresholds: gpu.storage("thresholds", 4 * rowCapacity),
    candidates: gpu.storage("candidates", CANDIDATE.byteLength() * rowCapacity * chunks),
    vocabularySize,
    ownTexts,
  };
}

/** Room for the sampling settings of so many texts; those of the first can be bound as a uniform. */
export function createSettings(gpu: Gpu, texts: number): GPUBuffer {
  const { STORAGE, UNIFORM, COPY_SRC, COPY_DST } = GPUBufferUsage;
  const usage = STORAGE | UNIFORM | COPY_SRC | COPY_DST;
  return gpu.buffer("sampling settings", SETTINGS.byteLength() * texts, usage);
}

/** Frees the buffers. */
export function freeChoosingBuffers(gpu: Gpu, buffers: ChoosingBuffers): void {
  const { settings, seen, thresholds, candidates } = buffers;
  gpu.free(settings, seen, thresholds, candidates);
}

/** The same for the rows of one text, with what the loop needs beside. */
export function createChoiceBuffers(
  gpu: Gpu,
  { recordCount, ...sizes }: { rowCapacity: number; vocabularySize: number; recordCount: number },
): ChoiceBuffers {
  return {
    ...createChoosingBuffers(gpu, { ...sizes, ownTexts: false }),
    state: gpu.storage("decoding state", STATE.byteLength(MAX_END_TOKENS)),
    records: gpu.storage("step records", RECORD.byteLength() * recordCount),
    recordCount,
  };
}

/** Frees the buffers. */
export function freeChoiceBuffers(gpu: Gpu, buffers: ChoiceBuffers): void {
  freeChoosingBuffers(gpu, buffers);
  gpu.free(buffers.state, buffers.records);
}

/**
 * Queues the beginning of a text: its settings, and the ids of its context. Until a filter says
 * otherwise, all tokens are kept.
 *
 * @param text which of them, where every row has its own.
 */
export function writeText(
  gpu: Gpu,
  buffers: ChoosingBuffers,
  { sampling, ids }: { sampling: SamplingSettings; ids: readonly number[] },
  text = 0,
): void {
  const { settings, seen, thresholds, vocabularySize, ownTexts } = buffers;
  const kept = new Float32Array(ownTexts ? 1 : thresholds.size / 4).fill(-Infinity);
  gpu.write(settings, SETTINGS.byteLength() * text, packSettings(sampling));
  gpu.write(seen, 4 * seenWords(vocabularySize) * text, packSeen(vocabularySize, ids));
  gpu.write(thresholds, 4 * text, kept);
}

/** Sampling settings as the kernels read them. */
export function packSettings(settings: SamplingSettings): Bytes {
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
export function packSeen(
  vocabularySize: number,
  ids: readonly number[],
): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(seenWords(vocabularySize));
  for (const id of ids) words[id >> 5] |= 1 << (id & 31);
  return words;
}

/** What choosing reads: the batch, its logits [rows, outputStride(vocabulary)], and the buffers. */
export interface ChooseInputs {
  batch: RowBatch;
  rowCount: number;
  logits: GPUBuffer;
  buffers: ChoosingBuffers;
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
  const constants = {
    VOCABULARY: vocabularySize,
    LOGITS_STRIDE: outputStride(vocabularySize) / 4,
    CHUNK: TOKENS_PER_GROUP,
    WORKGROUP: profileOf(gpu).layouts.choose.workgroup,
    GREEDY: Number(inputs.greedy ?? false),
    TREE: Number(inputs.parents !== undefined),
    OWN_TEXTS: Number(buffers.ownTexts),
  };
  const parents = inputs.parents ?? gpu.placeholder("parents");
  const bindings = { rows: batch.rows, logits, settings, seen, thresholds, candidates, parents };
  return prepare(gpu, chooseKernel, constants, bindings, [
    candidateChunks(vocabularySize),
    rowCount,
  ]);
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
    OWN_TEXTS: Number(buffers.ownTexts),
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
