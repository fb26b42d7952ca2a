import candidateCode from "../../../wgsl/shared/candidate.wgsl" with { type: "text" };
import code from "../../../wgsl/train/continue_texts.wgsl" with { type: "text" };
import rowsCode from "../../../wgsl/shared/rows.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, prepare } from "../../gpu/kernel.ts";
import { kernelOf } from "../families.ts";
import { outputStride } from "../products/matmul.ts";
import { profileOf } from "../profiles.ts";
import type { RowBatch } from "../rows.ts";

const kernel = kernelOf("training", "continue_texts", rowsCode, candidateCode, code);

/**
 * Gives each of `textCount` texts its next token, in `tokens` and in its row of the batch: the
 * prompt's own, then the most probable or a drawn one. Rows have prefix 0; position and slot go up
 * by one.
 */
export function continueTexts(gpu: Gpu, inputs: {
  batch: RowBatch;
  textCount: number;
  /** Tokens of a text, and how many of them are its prompt. */
  length: number;
  promptLength: number;
  vocabularySize: number;
  /** [texts, outputStride(vocabulary)] f32. */
  logits: GPUBuffer;
  /** [texts] f32; 0 takes the most probable token. */
  temperatures: GPUBuffer;
  /** [texts, 2] u32, different for every text. */
  keys: GPUBuffer;
  /** [texts, length] u32. */
  tokens: GPUBuffer;
}): Dispatch {
  const constants = {
    VOCABULARY: inputs.vocabularySize,
    STRIDE: outputStride(inputs.vocabularySize) / 4,
    LENGTH: inputs.length,
    PROMPT: inputs.promptLength,
    WORKGROUP: profileOf(gpu).layouts.continueTexts.workgroup,
  };
  const { logits, temperatures, keys, tokens } = inputs;
  const buffers = { rows: inputs.batch.rows, logits, temperatures, keys, tokens };
  return prepare(gpu, kernel, constants, buffers, [inputs.textCount]);
}
