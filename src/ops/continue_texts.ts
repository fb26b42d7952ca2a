import candidateCode from "../../wgsl/shared/candidate.wgsl" with { type: "text" };
import code from "../../wgsl/sampling/continue_texts.wgsl" with { type: "text" };
import rowsCode from "../../wgsl/shared/rows.wgsl" with { type: "text" };
import type { Gpu } from "../gpu/gpu.ts";
import { type Dispatch, prepare } from "../gpu/kernel.ts";
import { candidateChunks, type ChoosingBuffers, seenWords } from "./choose.ts";
import { kernelOf } from "./families.ts";
import type { RowBatch } from "./rows.ts";

const kernel = kernelOf("acceptance", "continue_texts", rowsCode, candidateCode, code);

const WORKGROUP = 8;

/** Texts side by side, of which row i of a batch goes through text i. */
export interface TextsInputs {
  batch: RowBatch;
  rowCount: number;
  /** What was chosen for each row. */
  choosing: ChoosingBuffers;
  /** Positions of a text; a row at the last of them stays there. */
  length: number;
  /** [rows] u32: tokens of each prompt. */
  promptLengths: GPUBuffer;
  /** [rows, length] u32: the prompt, and what follows it so far. */
  tokens: GPUBuffer;
}

/**
 * Gives each text its next token, in `tokens` and in its row of the batch: the prompt's own, then the one
 * that was chosen, which is `NO_TOKEN` where there was none to choose. Position and slot go up by one.
 */
export function continueTexts(gpu: Gpu, inputs: TextsInputs): Dispatch {
  const { batch, rowCount, choosing, length, promptLengths, tokens } = inputs;
  const { seen, candidates, vocabularySize } = choosing;
  const constants = {
    CHUNKS: candidateChunks(vocabularySize),
    LENGTH: length,
    SEEN_WORDS: seenWords(vocabularySize),
    WORKGROUP,
  };
  const buffers = { rows: batch.rows, candidates, prompt_lengths: promptLengths, tokens, seen };
  return prepare(gpu, kernel, constants, buffers, [Math.ceil(rowCount / WORKGROUP)]);
}

/** Stands where no token could be chosen. */
export const NO_TOKEN = 0xffffffff;
