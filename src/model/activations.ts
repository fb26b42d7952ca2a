import type { Gpu } from "../gpu/gpu.ts";
import { outputStride } from "../ops/products/matmul.ts";
import { preparedStride } from "../ops/products/product_input.ts";
import { createRowBatch, padRows, type RowBatch } from "../ops/rows.ts";
import type { MlpPlan, ModelConfig } from "./config.ts";
import {
  createExpertActivations,
  type ExpertActivations,
  freeExpertActivations,
} from "./experts/expert_activations.ts";

/** A batch of rows and what the layers compute for them. */
export interface Activations {
  batch: RowBatch;
  /**
   * The rows as attention sees them where that differs from `batch`, which rotates them and places
   * their keys; for experiments with what rows see.
   */
  seen?: RowBatch;
  /** [rows, hidden] f32, the residual stream, and behind it room for it to move on, see `streamRow`. */
  hidden: GPUBuffer;
  /**
   * [rows, preparedStride(hidden)] f32, what the next norm's projection reads; where norms are LayerNorms, behind
   * the last layer [rows, hidden] f32, the stream through the final norm, and elsewhere nothing.
   */
  prepared: GPUBuffer;
  /** [rows, hidden] f32, the residual stream through a layer's LayerNorm; else empty. */
  normed: GPUBuffer;
  /** [rows, (heads + 2 · kvHeads) · headDim] f32 where heads have norms, else empty. */
  projected: GPUBuffer;
  /** [rows, heads · headDim] f32. */
  queries: GPUBuffer;
  /** [rows, heads · headDim] f32. */
  attended: GPUBuffer;
  /** [rows, intermediate] f32, as wide as the widest MLP that all rows have. */
  gated: GPUBuffer;
  /** What layers with experts need besides. */
  experts?: ExpertActivations;
  /** [rows, hidden] f32, what a norm stands before on its way to the residual stream; else empty. */
  added: GPUBuffer;
  /** [logitRows, outputStride(vocabulary)] f32. */
  logits: GPUBuffer;
}

/** What activations have room for. */
export interface ActivationSizes {
  /** Rows. */
  capacity: number;
  /** Rows that can have logits. */
  logitRows: number;
  /** Ancestors of a row. */
  ancestorRoom: number;
  /** Times that the residual stream of `logitRows` rows can move on; 0 if left out. */
  streamMoves?: number;
}

/** The row of `hidden` where the stream of such activations stands after so many moves. */
export function streamRow({ capacity, logitRows }: ActivationSizes, moves: number): number {
  return moves === 0 ? 0 : padRows(capacity) + (moves - 1) * padRows(logitRows);
}

/**
 * The row of `hidden` behind all those where the stream moves on: there is a tile of rows for it to be
 * moved aside, if norms stand after attention and MLP.
 */
export function spareRow({ hidden }: Activations, { hiddenSize }: ModelConfig): number {
  return hidden.size / (4 * hiddenSize) - padRows(1);
}

/** Room for rows on their way through the layers. */
export function createActivations(
  { gpu, config }: { gpu: Gpu; config: ModelConfig },
  sizes: ActivationSizes,
): Activations {
  const rows = padRows(sizes.capacity);
  const floats = (label: string, perRow: number, count = rows) =>
    gpu.storage(label, 4 * perRow * count);
  const { layers, hiddenSize, headDim } = config;
  const attentionSize = config.headCount * headDim;
  const projectedSize = attentionSize + 2 * config.kvHeadCount * headDim;
  const hasHeadNorms = layers.some(({ attention }) => attention.headNorm !== "none");
  const hasNormsAfter = layers.some(({ norms }) => norms !== "before");
  const streamRows = streamRow(sizes, 1 + (sizes.streamMoves ?? 0));
  return {
    batch: createRowBatch(gpu, sizes.capacity, sizes.ancestorRoom),
    hidden: floats("hidden", hiddenSize, streamRows + (hasNormsAfter ? padRows(1) : 0)),
    prepared: floats("prepared", preparedStride(hiddenSize)),
    normed: floats("normed", config.norm === "rms" ? 0 : hiddenSize),
    projected: floats("projected", hasHeadNorms ? projectedSize : 0),
    queries: floats("queries", attentionSize),
    attended: floats("attended", attentionSize),
    gated: floats("gated", Math.max(...layers.map(({ mlp }) => denseWidth(config, mlp)))),
    added: floats("added", hasNormsAfter ? hiddenSize : 0),
    logits: floats("logits", outputStride(config.vocabSize), sizes.logitRows),
    ...createExpertActivations(gpu, config, sizes.capacity),
  };
}

/** Width of the inner layer that all rows have. */
function denseWidth({ intermediateSize }: ModelConfig, { experts }: MlpPlan): number {
  return experts ? experts.sharedSize ?? 0 : intermediateSize;
}

/** Frees the activations' buffers. */
export function freeActivations(gpu: Gpu, activations: Activations): void {
  const { batch, seen: _, experts, ...buffers } = activations;
  gpu.free(batch.rows, batch.ancestors, ...Object.values(buffers));
  if (experts) freeExpertActivations(gpu, experts);
}

/** The same for passes that often have fewer rows than they were recorded for. */
export function oftenFewer(activations: Activations): Activations {
  return { ...activations, batch: { ...activations.batch, oftenFewer: true } };
}
