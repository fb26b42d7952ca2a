import code from "../../../wgsl/products/embed.wgsl" with { type: "text" };
import rowsCode from "../../../wgsl/shared/rows.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, prepare } from "../../gpu/kernel.ts";
import { kernelOf } from "../families.ts";
import type { RowBatch } from "../rows.ts";
import type { WeightHome } from "../layouts.ts";
import { codecCode, perFormat } from "./codecs.ts";
import { weightBindings, weightConstants, type WeightMatrix } from "./weights.ts";

const kernelsIn = (home: WeightHome) =>
  perFormat((format) =>
    kernelOf(
      "embedding",
      `embed ${format} in ${home}`,
      rowsCode,
      ...codecCode(format, home),
      code,
    )
  );
const KERNELS = { buffers: kernelsIn("buffers"), textures: kernelsIn("textures") };
const WORKGROUP = 64;

/**
 * hidden [rows, hiddenSize] = scale · the tokens' embeddings, and prepared [rows, preparedStride(hiddenSize)]
 * for the norm that comes next. One dispatch per slice of the embedding matrix.
 */
export function embed(gpu: Gpu, inputs: {
  batch: RowBatch;
  rowCount: number;
  /** [vocabulary, hiddenSize]. */
  embedding: WeightMatrix;
  /** Factor of the embeddings; 1 if left out. */
  scale?: number;
  nextNorm: GPUBuffer;
  hidden: GPUBuffer;
  prepared: GPUBuffer;
}): Dispatch[] {
  const { batch, rowCount, embedding, scale = 1, nextNorm, hidden, prepared } = inputs;
  return embedding.slices.map((slice) => {
    const constants = {
      ...weightConstants(embedding),
      FIRST_TOKEN: slice.firstColumn,
      TOKENS: slice.columns,
      SCALE: scale,
      WORKGROUP,
    };
    const buffers = {
      rows: batch.rows,
      ...weightBindings(embedding, slice),
      norm_weight: nextNorm,
      hidden,
      prepared,
    };
    const groups = Math.ceil(embedding.inner / 8 / WORKGROUP);
    const kernel = KERNELS[embedding.home][embedding.format];
    return prepare(gpu, kernel, constants, buffers, [groups, rowCount]);
  });
}
