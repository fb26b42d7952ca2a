import code from "../../wgsl/embed.wgsl" with { type: "text" };
import octets from "../../wgsl/shared/octets.wgsl" with { type: "text" };
import rowsCode from "../../wgsl/shared/rows.wgsl" with { type: "text" };
import weightsCode from "../../wgsl/shared/weights.wgsl" with { type: "text" };
import type { Gpu } from "../gpu/gpu.ts";
import { type Dispatch, Kernel, prepare } from "../gpu/kernel.ts";
import type { RowBatch } from "./rows.ts";
import { FORMAT_CODE, type WeightMatrix } from "./weights.ts";

const kernel = new Kernel("embed", rowsCode, octets, weightsCode, code);
const WORKGROUP = 64;

/**
 * hidden [rows, hiddenSize] = the tokens' embeddings, and prepared [rows, preparedStride(hiddenSize)]
 * for the norm that comes next. One dispatch per slice of the embedding matrix.
 */
export function embed(gpu: Gpu, inputs: {
  batch: RowBatch;
  rowCount: number;
  /** [vocabulary, hiddenSize]. */
  embedding: WeightMatrix;
  nextNorm: GPUBuffer;
  hidden: GPUBuffer;
  prepared: GPUBuffer;
}): Dispatch[] {
  const { batch, rowCount, embedding, nextNorm, hidden, prepared } = inputs;
  return embedding.slices.map((slice) => {
    const constants = {
      INNER: embedding.inner,
      WEIGHT_FORMAT: FORMAT_CODE[embedding.format],
      INTERLEAVED: Number(embedding.order === "interleaved"),
      FIRST_TOKEN: slice.firstColumn,
      TOKENS: slice.columns,
      WORKGROUP,
    };
    const buffers = {
      rows: batch.rows,
      weights: slice.buffer,
      norm_weight: nextNorm,
      hidden,
      prepared,
    };
    const groups = Math.ceil(embedding.inner / 8 / WORKGROUP);
    return prepare(gpu, kernel, constants, buffers, [groups, rowCount]);
  });
}
