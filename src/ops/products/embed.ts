import code from "../../../wgsl/products/embed.wgsl" with { type: "text" };
import learntPositions from "../../../wgsl/products/parts/learnt_positions.wgsl" with {
  type: "text",
};
import noPositions from "../../../wgsl/products/parts/no_positions.wgsl" with { type: "text" };
import rowsCode from "../../../wgsl/shared/rows.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, prepare } from "../../gpu/kernel.ts";
import { kernelOf } from "../families.ts";
import type { RowBatch } from "../rows.ts";
import type { WeightHome } from "../layouts.ts";
import { codecCode, perFormat } from "./codecs.ts";
import { weightBindings, weightConstants, type WeightMatrix } from "./weights.ts";

const kernelsIn = (home: WeightHome, title: string, positions: string) =>
  perFormat((format) =>
    kernelOf(
      "embedding",
      `embed ${title}${format} in ${home}`,
      rowsCode,
      ...codecCode(format, home),
      positions,
      code,
    )
  );
const kernelsWith = (title: string, positions: string) => ({
  buffers: kernelsIn("buffers", title, positions),
  textures: kernelsIn("textures", title, positions),
});
const KERNELS = {
  alone: kernelsWith("", noPositions),
  positioned: kernelsWith("with positions, ", learntPositions),
};
const WORKGROUP = 64;

/**
 * hidden [rows, hiddenSize] = scale · the tokens' embeddings, and those of their positions if there are any; and
 * prepared [rows, preparedStride(hiddenSize)] for the norm that comes next. One dispatch per slice of the embedding
 * matrix.
 */
export function embed(gpu: Gpu, inputs: {
  batch: RowBatch;
  rowCount: number;
  /** [vocabulary, hiddenSize]. */
  embedding: WeightMatrix;
  /** Factor of the embeddings; 1 if left out. */
  scale?: number;
  /** [positions, hiddenSize] f32; none are added if left out. */
  positions?: GPUBuffer | undefined;
  nextNorm: GPUBuffer;
  hidden: GPUBuffer;
  prepared: GPUBuffer;
}): Dispatch[] {
  const { batch, rowCount, embedding, scale = 1, positions, nextNorm, hidden, prepared } = inputs;
  return embedding.slices.map((slice) => {
    const constants = {
      ...weightConstants(gpu, embedding),
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
      ...(positions && { positions }),
    };
    const groups = Math.ceil(embedding.inner / 8 / WORKGROUP);
    const kernel = KERNELS[positions ? "positioned" : "alone"][embedding.home][embedding.format];
    return prepare(gpu, kernel, constants, buffers, [groups, rowCount]);
  });
}
