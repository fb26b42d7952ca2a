import type { Gpu } from "../gpu/gpu.ts";
import { outputStride, preparedStride } from "../ops/products/matmul.ts";
import { createRowBatch, padRows, type RowBatch } from "../ops/rows.ts";
import type { ModelConfig } from "./config.ts";

/** A batch of rows and what the layers compute for them. */
export interface Activations {
  batch: RowBatch;
  /**
   * The rows as attention sees them where that differs from `batch`, which rotates them and places
   * their keys; for experiments with what rows see.
   */
  seen?: RowBatch;
  /** [rows, hidden] f32, the residual stream. */
  hidden: GPUBuffer;
  /** [rows, preparedStride(hidden)] f32, what the next norm's projection reads. */
  prepared: GPUBuffer;
  /** [rows, (heads + 2 · kvHeads) · headDim] f32 where heads have norms, else empty. */
  projected: GPUBuffer;
  /** [rows, heads · headDim] f32. */
  queries: GPUBuffer;
  /** [rows, heads · headDim] f32. */
  attended: GPUBuffer;
  /** [rows, intermediate] f32. */
  gated: GPUBuffer;
  /** [rows, hidden] f32, what a norm stands before on its way to the residual stream; else empty. */
  added: GPUBuffer;
  /** [logitRows, outputStride(vocabulary)] f32. */
  logits: GPUBuffer;
}

/** Room for `capacity` rows, `logitRows` of which can have logits. */
export function createActivations(
  { gpu, config }: { gpu: Gpu; config: ModelConfig },
  sizes: { capacity: number; logitRows: number; ancestorRoom: number },
): Activations {
  const rows = padRows(sizes.capacity);
  const floats = (label: string, perRow: number, count = rows) =>
    gpu.storage(label, 4 * perRow * count);
  const { layers, hiddenSize, headDim } = config;
  const attentionSize = config.headCount * headDim;
  const projectedSize = attentionSize + 2 * config.kvHeadCount * headDim;
  const hasHeadNorms = layers.some(({ attention }) => attention.headNorm !== "none");
  const hasNormsAfter = layers.some(({ norms }) => norms !== "before");
  return {
    batch: createRowBatch(gpu, sizes.capacity, sizes.ancestorRoom),
    hidden: floats("hidden", hiddenSize),
    prepared: floats("prepared", preparedStride(hiddenSize)),
    projected: floats("projected", hasHeadNorms ? projectedSize : 0),
    queries: floats("queries", attentionSize),
    attended: floats("attended", attentionSize),
    gated: floats("gated", config.intermediateSize),
    added: floats("added", hasNormsAfter ? hiddenSize : 0),
    logits: floats("logits", outputStride(config.vocabSize), sizes.logitRows),
  };
}

/** Frees the activations' buffers. */
export function freeActivations(gpu: Gpu, activations: Activations): void {
  const { batch, seen: _, ...buffers } = activations;
  gpu.free(batch.rows, batch.ancestors, ...Object.values(buffers));
}

/** The same for passes that often have fewer rows than they were recorded for. */
export function oftenFewer(activations: Activations): Activations {
  return { ...activations, batch: { ...activations.batch, oftenFewer: true } };
}
