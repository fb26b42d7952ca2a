import code from "../../../wgsl/train/distillation_loss.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, prepare } from "../../gpu/kernel.ts";
import { StructLayout } from "../../gpu/layout.ts";
import { kernelOf } from "../families.ts";
import { outputStride } from "../products/matmul.ts";
import { profileOf } from "../profiles.ts";

const kernel = kernelOf("training", "distillation_loss", code);

/** What a row's distribution is compared with: the base model's own, or the token that follows. */
export type Loss = "kl" | "ce";

/**
 * A row's result in a buffer: its loss in nats, and how many tokens it finds more probable than the one
 * that the base finds most probable.
 */
export const RESULT: StructLayout<{ loss: number; rank: number }> = new StructLayout(
  code,
  "Result",
);

/** In place of a following token that has no logit: its row finds all others more probable. */
export const NO_LOGIT = 0xffffffff;

/**
 * Replaces logits [rows, outputStride(vocabulary)] by the gradient of each row's loss, and writes
 * its result: the loss in nats, f32, and how many tokens it finds more probable than the one that
 * the base finds most probable, u32. Row r is compared with the base's row r mod `baseRows`.
 */
export function distillationLoss(gpu: Gpu, inputs: {
  loss: Loss;
  /** Bound of the rows' logits, which the gradient is taken before; none if left out. */
  softCap?: number | null | undefined;
  rowCount: number;
  baseRows: number;
  vocabularySize: number;
  /** [rows, outputStride(vocabulary)] f32. */
  logits: GPUBuffer;
  /** [baseRows, outputStride(vocabulary)] f32. */
  base: GPUBuffer;
  /** [all base rows] u32: the token that follows each of the base's positions, or `NO_LOGIT`. */
  nextTokens: GPUBuffer;
  /** [all rows] f32: factor of the gradient; 0 for rows without a loss. */
  weights: GPUBuffer;
  /** [all rows] `RESULT`. */
  results: GPUBuffer;
  /** First of the rows in `weights` and `results`. */
  first: number;
  /** First of the base's rows in `nextTokens`. */
  firstBase: number;
}): Dispatch {
  const { rowCount, baseRows, vocabularySize } = inputs;
  const constants = {
    VOCABULARY: vocabularySize,
    STRIDE: outputStride(vocabularySize) / 4,
    BASE_ROWS: baseRows,
    FIRST: inputs.first,
    FIRST_BASE: inputs.firstBase,
    KL: Number(inputs.loss === "kl"),
    SOFT_CAP: inputs.softCap ?? 0,
    WORKGROUP: profileOf(gpu).layouts.distillationLoss.workgroup,
  };
  const { logits, base, nextTokens, weights, results } = inputs;
  const buffers = { logits, base, next_tokens: nextTokens, weights, results };
  return prepare(gpu, kernel, constants, buffers, [rowCount]);
}
