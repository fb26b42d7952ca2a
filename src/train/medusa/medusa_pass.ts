import type { Gpu } from "../../gpu/gpu.ts";
import type { Transformer } from "../../model/transformer.ts";
import { type Cache, createCache, freeCache } from "../../model/cache.ts";
import { finalInput } from "../../model/stream_norms.ts";
import { outputStride, project } from "../../ops/products/matmul.ts";
import { createNames, padRows, type RowBatch } from "../../ops/rows.ts";
import {
  addSumOfRows,
  innerProducts,
  medusaBlock,
  medusaBlockBackward,
  type MedusaRows,
} from "../../ops/train/medusa.ts";
import { addOuterProduct } from "../../ops/train/optimizer.ts";
import { createTransposed, transpose } from "../../ops/train/transpose.ts";
import { freeWeightMatrix, type WeightMatrix } from "../../ops/products/weights.ts";
import { type LossChunk, type LossOptions, LossRows } from "../passes/loss_rows.ts";
import type { MedusaWeights } from "./medusa_weights.ts";
import type { Command } from "../../gpu/commands.ts";
import { TextForward } from "../passes/text_forward.ts";
import { TextRun } from "../passes/text_run.ts";
import type { LossPass } from "../trainee.ts";

/** What a pass computes. */
export interface MedusaPassOptions
  extends Pick<LossOptions, "sequenceLength" | "loss" | "batch" | "logitBytes"> {
  /** Precision of keys and values. */
  kv: "f16" | "f32";
}

/**
 * One text forward and back. Head i of position n is compared with the model's own distribution at
 * position n + i.
 */
export class MedusaPass implements LossPass {
  readonly rows: LossRows;
  readonly text: TextRun;
  readonly #model: Transformer;
  readonly #gpu: Gpu;
  readonly #options: MedusaPassOptions;
  readonly #weights: MedusaWeights;
  readonly #text: TextForward;
  readonly #cache: Cache;
  /** For each chunk of the loss, its rows; their tokens name the positions that they come from. */
  readonly #batches: readonly RowBatch[];
  /** W2_iᵀ, [hidden, vocabulary] f32 each. */
  readonly #transposed: readonly WeightMatrix[];
  /** [positions, hidden] f32: x. */
  readonly #states: GPUBuffer;
  /** [positions, heads, hidden] f32: W1 · x, and then the gradients with respect to it. */
  readonly #products: GPUBuffer;
  /** [rows of a chunk, hidden] f32: what the residual blocks made. */
  readonly #blocks: GPUBuffer;
  /** [rows of a chunk, hidden] f32. */
  readonly #blocksGradient: GPUBuffer;

  constructor(model: Transformer, weights: MedusaWeights, options: MedusaPassOptions) {
    const { gpu, config: { hiddenSize, vocabSize } } = model;
    const { sequenceLength: length } = options;
    const heads = weights.outputs.length;
    const floats = (label: string, count: number) => gpu.storage(label, 4 * count * hiddenSize);
    this.#model = model;
    this.#gpu = gpu;
    this.#options = options;
    this.#weights = weights;
    this.#cache = createCache(model, length, options.kv);
    this.#text = new TextForward(model, { sequenceLength: length, cache: this.#cache });
    this.rows = new LossRows(gpu, { ...options, steps: heads, vocabularySize: vocabSize });
    const { chunks } = this.rows;
    this.#batches = chunks.map(({ rows }) => createNames(gpu, rows.map(({ origin }) => origin)));
    this.#transposed = weights.outputs.map((output) => createTransposed(gpu, output));
    this.#states = floats("final states", padRows(length));
    this.#products = floats("inner products", heads * padRows(length));
    this.#blocks = floats("blocks", padRows(chunks[0].rows.length));
    this.#blocksGradient = floats("gradient of blocks", padRows(chunks[0].rows.length));
    this.text = new TextRun(gpu, [this.#text, this.rows], {
      forward: [
        ...this.#textForward(),
        ...chunks.flatMap((chunk, i) => this.#forward(chunk, this.#batches[i])),
      ],
      training: [
        ...weights.outputs.flatMap((output, i) => transpose(gpu, output, this.#transposed[i])),
        ...this.#textForward(),
        ...chunks.flatMap((chunk, i) => [
          ...this.#forward(chunk, this.#batches[i]),
          ...this.#back(chunk, this.#batches[i]),
        ]),
        ...this.#backToInner(),
      ],
    });
  }

  /** The text through all layers, and its states through the heads' inner matrices. */
  #textForward(): Command[] {
    const { sequenceLength: rowCount } = this.#options;
    const { hiddenSize } = this.#model.config;
    const { batch } = this.#text.at;
    return [
      ...this.#text.steps,
      ...innerProducts(this.#gpu, {
        batch,
        rowCount,
        hiddenSize,
        ...finalInput(this.#model.config, this.#text.at),
        states: this.#states,
        inner: this.#weights.inner,
        products: this.#products,
      }),
    ];
  }

  /** Logits of some positions and of the heads that predict them, and the gradients with respect to the latter. */
  #forward(chunk: LossChunk, batch: RowBatch): Command[] {
    const { textBatch, baseLogits, logits, positions } = chunk;
    const text = { ...this.#text.at, batch: textBatch, logits: baseLogits };
    return [
      ...this.#model.logits(positions, text, { gather: true }),
      medusaBlock(this.#gpu, {
        ...this.#medusaRows(chunk, batch),
        states: this.#states,
        products: this.#products,
        output: this.#blocks,
      }),
      ...this.#weights.outputs.flatMap((weights, i) =>
        project(this.#gpu, {
          batch,
          skipRows: i * positions,
          rowCount: positions,
          weights,
          input: this.#blocks,
          output: logits,
        })
      ),
      this.rows.loss(chunk),
    ];
  }

  /** Back through the output matrices and the blocks. */
  #back(chunk: LossChunk, batch: RowBatch): Command[] {
    const { hiddenSize, vocabSize } = this.#model.config;
    const { logits, positions } = chunk;
    const { gradients } = this.#weights.parameters;
    return [
      ...this.#transposed.flatMap((weights, i) => [
        addOuterProduct(this.#gpu, {
          left: { buffer: logits, size: outputStride(vocabSize), firstRow: i * positions },
          right: { buffer: this.#blocks, size: hiddenSize, firstRow: i * positions },
          count: positions,
          sums: gradients[2 + i],
        }),
        ...project(this.#gpu, {
          batch,
          skipRows: i * positions,
          rowCount: positions,
          weights,
          input: logits,
          output: this.#blocksGradient,
        }),
      ]),
      medusaBlockBackward(this.#gpu, {
        ...this.#medusaRows(chunk, batch),
        gradient: this.#blocksGradient,
        products: this.#products,
      }),
    ];
  }

  /** Sums over the positions for all W1 and b, once each of them has its gradient. */
  #backToInner(): Command[] {
    const { sequenceLength: count } = this.#options;
    const { hiddenSize } = this.#model.config;
    const { inner, parameters: { gradients } } = this.#weights;
    return [
      addOuterProduct(this.#gpu, {
        left: { buffer: this.#products, size: inner.columns, firstRow: 0 },
        right: { buffer: this.#states, size: hiddenSize, firstRow: 0 },
        count,
        sums: gradients[0],
      }),
      addSumOfRows(this.#gpu, {
        width: inner.columns,
        count,
        values: this.#products,
        sums: gradients[1],
      }),
    ];
  }

  #medusaRows({ positions }: LossChunk, batch: RowBatch): MedusaRows {
    const { outputs, bias } = this.#weights;
    const { hiddenSize } = this.#model.config;
    return { batch, heads: outputs.length, perHead: positions, hiddenSize, bias };
  }

  [Symbol.dispose](): void {
    const gpu = this.#gpu;
    this.rows[Symbol.dispose]();
    this.#text[Symbol.dispose]();
    freeCache(gpu, this.#cache);
    for (const { rows, ancestors } of this.#batches) gpu.free(rows, ancestors);
    for (const matrix of this.#transposed) freeWeightMatrix(gpu, matrix);
    gpu.free(this.#states, this.#products, this.#blocks, this.#blocksGradient);
  }
}
