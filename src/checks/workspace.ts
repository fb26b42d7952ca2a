import type { Bytes, Gpu } from "../gpu/gpu.ts";
import { type Dispatch, submit } from "../gpu/kernel.ts";
import { createTreeBuffers, type TreeBuffers } from "../ops/tree/accept.ts";
import { type ChoiceBuffers, createChoiceBuffers, freeChoiceBuffers } from "../ops/choose.ts";
import { spanSumBytes } from "../ops/attention_layout.ts";
import type { HeadShape, LayerCache } from "../ops/heads.ts";
import type { WeightOrder } from "../ops/layouts.ts";
import type { FloatFormat } from "../ops/products/codecs.ts";
import { createTopBuffers, type TopBuffers } from "../ops/tree/top.ts";
import { outputStride } from "../ops/products/matmul.ts";
import type { StreamRows } from "../ops/residual_stream.ts";
import { createRowBatch, padRows, type Row, type RowBatch, writeRows } from "../ops/rows.ts";
import {
  createWeightMatrix,
  type MatrixShape,
  memoryOf,
  type WeightMatrix,
  writeMatrix,
} from "../ops/products/weights.ts";
import type { Memory } from "../gpu/texels.ts";
import { packHalves, unpackHalves } from "./oracles/numbers/half.ts";
import { packCodes, quantise, type Quantised } from "./oracles/numbers/quantised.ts";

/** The buffers and textures of one check, freed together. */
export class Workspace implements Disposable {
  readonly gpu: Gpu;
  readonly #memory: Memory[] = [];
  readonly #choices: ChoiceBuffers[] = [];

  constructor(gpu: Gpu) {
    this.gpu = gpu;
  }

  /** A zeroed buffer of 32-bit numbers. */
  words(label: string, count: number): GPUBuffer {
    return this.keep(this.gpu.storage(label, 4 * count));
  }

  /** A buffer that holds the data. */
  upload(label: string, data: Bytes): GPUBuffer {
    return this.keep(this.gpu.upload(label, data));
  }

  /** A buffer [rows, perRow] f32 with room for whole tiles, as the kernels that read rows want it. */
  rowFloats(label: string, rows: number, perRow: number, data?: Float32Array<ArrayBuffer>) {
    const buffer = this.words(label, padRows(rows) * perRow);
    if (data) this.gpu.write(buffer, 0, data);
    return buffer;
  }

  /** What the spans of such heads give where they are spread over workgroups; undefined where they never are. */
  spanSums({ headDim }: HeadShape, cache: LayerCache): GPUBuffer | undefined {
    const byteLength = spanSumBytes(this.gpu, headDim, cache);
    return byteLength === 0 ? undefined : this.words("span sums", byteLength / 4);
  }

  /** A residual stream [rows, width] of these values, with room for where it moves on. */
  stream({ from, to }: StreamRows, values: Float32Array<ArrayBuffer>, width: number): GPUBuffer {
    const hidden = this.rowFloats("hidden", Math.max(from, to) + values.length / width, width);
    this.gpu.write(hidden, 4 * from * width, values);
    return hidden;
  }

  /** Logits [rows, vocabularySize] as kernels read them; what pads the rows must count for nothing. */
  logits(values: Float32Array, vocabularySize: number): GPUBuffer {
    const stride = outputStride(vocabularySize);
    const rows = values.length / vocabularySize;
    const padded = new Float32Array(rows * stride).fill(Infinity);
    for (let row = 0; row < rows; row++) {
      const own = values.subarray(row * vocabularySize, (row + 1) * vocabularySize);
      padded.set(own, row * stride);
    }
    return this.upload("logits", padded);
  }

  /** A batch that holds the rows, with room for at least `capacity` of them and `ancestors` of each. */
  batch(rows: readonly Row[], capacity = rows.length, ancestors = 1): RowBatch {
    const ancestorRoom = rows.reduce(
      (most, row) => Math.max(most, row.ancestors.length),
      ancestors,
    );
    const batch = createRowBatch(this.gpu, Math.max(1, capacity, rows.length), ancestorRoom);
    this.keep(batch.rows);
    this.keep(batch.ancestors);
    writeRows(this.gpu, batch, rows);
    return batch;
  }

  /** A matrix [columns, inner] of the values as the format rounds them, and those values. */
  matrix(
    values: Float32Array<ArrayBuffer>,
    shape: MatrixShape & { order?: WeightOrder | undefined },
    columnsPerSlice?: number,
  ): { weights: WeightMatrix; stored: Float32Array<ArrayBuffer> } {
    const weights = createWeightMatrix(this.gpu, "checked weights", shape, columnsPerSlice);
    for (const memory of memoryOf(weights)) this.keep(memory);
    const { bytes, scales, stored } = encodeMatrix(values, shape);
    writeMatrix(this.gpu, weights, bytes, scales);
    const { places } = shape;
    return { weights, stored: places ? inOrder(stored, places) : stored };
  }

  /** Buffers for choosing among the logits of up to `rowCapacity` rows. */
  choice(rowCapacity: number, vocabularySize: number, recordCount = 1): ChoiceBuffers {
    const buffers = createChoiceBuffers(this.gpu, { rowCapacity, vocabularySize, recordCount });
    this.#choices.push(buffers);
    return buffers;
  }

  /** Buffers of a tree over the batch, with room for `followers` rows after it. */
  tree(
    sizes: { batch: RowBatch; nodes: number; followers: number; firstSlot: number },
  ): TreeBuffers {
    const tree = createTreeBuffers(this.gpu, sizes);
    const { parents, moves, followers: { rows, ancestors } } = tree;
    for (const buffer of [parents, moves, rows, ancestors]) this.keep(buffer);
    return tree;
  }

  /** Buffers for the most probable tokens of some rows. */
  top(sizes: Parameters<typeof createTopBuffers>[1]): TopBuffers {
    const top = createTopBuffers(this.gpu, sizes);
    this.keep(top.candidates);
    this.keep(top.masses);
    return top;
  }

  /** Submits dispatches. */
  run(...dispatches: readonly Dispatch[]): void {
    submit(this.gpu, dispatches);
  }

  [Symbol.dispose](): void {
    this.gpu.free(...this.#memory);
    for (const buffers of this.#choices) freeChoiceBuffers(this.gpu, buffers);
  }

  /** Takes a buffer or a texture over. */
  keep<Kept extends Memory>(memory: Kept): Kept {
    this.#memory.push(memory);
    return memory;
  }
}

/** The bytes of the values in the format, little-endian. */
export function encode(
  values: Float32Array<ArrayBuffer>,
  format: FloatFormat,
): Uint8Array<ArrayBuffer> {
  return format === "F32" ? new Uint8Array(values.buffer) : packHalves(values, format);
}

/** Columns whose numbers are brought to their places. */
function inOrder(columns: Float32Array, places: Uint32Array): Float32Array<ArrayBuffer> {
  const ordered = new Float32Array(columns.length);
  columns.forEach((number, i) => {
    const at = i % places.length;
    ordered[i - at + places[at]] = number;
  });
  return ordered;
}

/** The bytes of a matrix of the values, those of its scales, and what is stored. */
function encodeMatrix(values: Float32Array<ArrayBuffer>, shape: MatrixShape): {
  bytes: Uint8Array<ArrayBuffer>;
  scales?: Uint8Array<ArrayBuffer>;
  stored: Float32Array<ArrayBuffer>;
} {
  const { format, scales } = shape;
  if (format === "F32" || format === "F16" || format === "BF16") {
    const bytes = encode(values, format);
    return { bytes, stored: format === "F32" ? values : unpackHalves(bytes, format) };
  }
  const { codes, pairs, weights } = quantise(values, shape as Quantised);
  return {
    bytes: packCodes(codes, format),
    scales: encode(pairs, scales!.format),
    stored: weights,
  };
}
