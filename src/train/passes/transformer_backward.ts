import type { Gpu } from "../../gpu/gpu.ts";
import type { Transformer } from "../../model/transformer.ts";
import type { Cache } from "../../model/cache.ts";
import { isUngated } from "../../ops/products/activations.ts";
import { project, projectToResidual } from "../../ops/products/matmul.ts";
import type { RowBatch } from "../../ops/rows.ts";
import {
  attentionBackward,
  gatedBackward,
  headNormsBackward,
  normBackward,
  ungatedBackward,
} from "../../ops/train/backward.ts";
import type { WeightMatrix } from "../../ops/products/weights.ts";
import { type BackwardScratch, createBackwardScratch } from "./backward_scratch.ts";
import type { LayerTape } from "./layer_tape.ts";
import { recomputeLayer } from "./recompute.ts";
import { hasWayBack, TransposedWeights } from "./transposed_weights.ts";
import type { Command } from "../../gpu/commands.ts";

/** Rows on their way back. */
export interface BackwardRows {
  batch: RowBatch;
  rowCount: number;
  /** Row r's key is seen by the rows r + m · origins, m ≥ 0, alone. */
  origins: number;
}

/**
 * The way back through the layers of a model for rows whose keys nobody sees but rows of the same
 * origin: gradients with respect to the rows' own residual stream. The weights are constants.
 */
export class TransformerBackward implements Disposable {
  readonly #model: Transformer;
  readonly #gpu: Gpu;
  readonly #transposed: TransposedWeights;
  readonly #scratch: BackwardScratch;

  /**
   * For the layers from `firstLayer` on, a head and up to `capacity` rows. Transposes the matrices of
   * the layers and the head.
   */
  constructor(
    model: Transformer,
    { firstLayer, head, capacity }: { firstLayer: number; head: WeightMatrix; capacity: number },
  ) {
    if (!hasWayBack(model.config, firstLayer)) {
      throw new RangeError("no way back through experts or sinks");
    }
    this.#model = model;
    this.#gpu = model.gpu;
    this.#transposed = new TransposedWeights(model, firstLayer, head);
    this.#scratch = createBackwardScratch(model, capacity);
  }

  /**
   * Through the LM head and the final norm: hiddenGradient of the rows that the batch's tokens name
   * is set from `logitsGradient` [rows of the batch, outputStride(vocabulary)], the gradient with respect
   * to logits before their soft cap.
   */
  head(batch: RowBatch, rowCount: number, buffers: {
    logitsGradient: GPUBuffer;
    hidden: GPUBuffer;
    hiddenGradient: GPUBuffer;
  }): Command[] {
    const { config: { hiddenSize, normEpsilon, logitScale: scale }, weights } = this.#model;
    const { logitsGradient: input, hidden, hiddenGradient } = buffers;
    const { normedGradient: output } = this.#scratch;
    return [
      ...project(this.#gpu, {
        batch,
        rowCount,
        weights: this.#transposed.head,
        input,
        scale,
        output,
      }),
      normBackward(this.#gpu, {
        kind: this.#normKind,
        batch,
        rowCount,
        hiddenSize,
        epsilon: normEpsilon,
        hidden,
        normWeight: weights.finalNorm,
        gradient: output,
        hiddenGradient,
        gather: true,
        add: false,
      }),
    ];
  }

  /**
   * Through one layer: `hiddenGradient` [rows, hidden], the gradient with respect to what left the
   * layer, becomes that with respect to what entered it.
   */
  layer(index: number, rows: BackwardRows, buffers: {
    tape: LayerTape;
    cache: Cache;
    hiddenGradient: GPUBuffer;
  }): Command[] {
    return [
      ...recomputeLayer(this.#model, index, {
        ...rows,
        tape: buffers.tape,
        scratch: this.#scratch,
      }),
      ...this.#keepGradient(index, rows, buffers.hiddenGradient),
      ...this.#mlp(index, rows, buffers.hiddenGradient),
      ...this.#attention(index, rows, buffers),
    ];
  }

  /** outputGradient = what attention needs of a parallel layer's gradient, before the MLP adds to that. */
  #keepGradient(index: number, { rowCount }: BackwardRows, hiddenGradient: GPUBuffer): Command[] {
    const { layers, hiddenSize } = this.#model.config;
    if (!layers[index].parallel) return [];
    const byteLength = 4 * hiddenSize * rowCount;
    return [{ source: hiddenGradient, target: this.#scratch.outputGradient, byteLength }];
  }

  get #normKind(): "rms" | "layer" {
    return this.#model.config.norm === "rms" ? "rms" : "layer";
  }

  #mlp(index: number, rows: BackwardRows, hiddenGradient: GPUBuffer): Command[] {
    const { config, weights } = this.#model;
    const { norms } = weights.layers[index];
    const { residualScale: scale, mlp: { activation }, parallel } = config.layers[index];
    const transposed = this.#transposed.layer(index);
    const { middle, mlpProducts: products, gatedGradient, mlpOutput } = this.#scratch;
    const sizes = { ...rows, intermediateSize: config.intermediateSize };
    return [
      // gatedGradient [rows, intermediate] = scale · gradient of the MLP's output · down
      ...this.#outputGradient(rows, norms.afterMlp, mlpOutput, hiddenGradient),
      ...project(this.#gpu, {
        ...rows,
        weights: transposed.down,
        input: norms.afterMlp ? this.#scratch.outputGradient : hiddenGradient,
        scale,
        output: gatedGradient,
      }),
      isUngated(activation)
        ? ungatedBackward(this.#gpu, {
          ...sizes,
          activation,
          activatedGradient: gatedGradient,
          products,
        })
        : gatedBackward(this.#gpu, { ...sizes, activation, gatedGradient, gateAndUp: products }),
      // hiddenGradient += (gradient of the products · mlpInputs), through the norm before the MLP
      ...this.#addInputGradient(rows, {
        weights: transposed.mlpInputs,
        input: products,
        norm: norms.beforeMlp ?? (parallel ? norms.beforeAttention : undefined),
        hidden: middle,
        hiddenGradient,
      }),
    ];
  }

  #attention(
    index: number,
    rows: BackwardRows,
    { tape, cache, hiddenGradient }: {
      tape: LayerTape;
      cache: Cache;
      hiddenGradient: GPUBuffer;
    },
  ): Command[] {
    const { config, weights } = this.#model;
    const { headCount, kvHeadCount, headDim } = config;
    const { residualScale, attention, parallel } = config.layers[index];
    const { scale, softCap, window, headNorm, queryGrowth } = attention;
    const { norms, rotations } = weights.layers[index];
    const transposed = this.#transposed.layer(index);
    const { attentionOutput, attendedGradient, statistics, inputsGradient } = this.#scratch;
    return [
      // attendedGradient [rows, heads · headDim] = scale · gradient of the output · attentionOutput
      ...this.#outputGradient(rows, norms.afterAttention, attentionOutput, hiddenGradient),
      ...project(this.#gpu, {
        ...rows,
        weights: transposed.attentionOutput,
        input: norms.afterAttention || parallel ? this.#scratch.outputGradient : hiddenGradient,
        scale: residualScale,
        output: attendedGradient,
      }),
      ...attentionBackward(this.#gpu, {
        ...rows,
        heads: { headCount, kvHeadCount, headDim },
        scale,
        softCap,
        window,
        cache: cache.layers[index],
        queries: tape.queries,
        attended: tape.attended,
        attendedGradient,
        // Norms after the rotation turn the gradient back.
        rotations: headNorm === "each-rotated" ? undefined : rotations,
        queryGrowth,
        statistics,
        gradient: inputsGradient,
      }),
      ...this.#headNorms(index, rows, tape),
      // hiddenGradient += (inputsGradient · attentionInputs), through the norm before attention
      ...this.#addInputGradient(rows, {
        weights: transposed.attentionInputs,
        input: inputsGradient,
        norm: norms.beforeAttention,
        hidden: tape.hidden,
        hiddenGradient,
      }),
    ];
  }

  /** inputsGradient through the norms of heads, if there are any. */
  #headNorms(index: number, rows: BackwardRows, { projected }: LayerTape): Command[] {
    const { config, weights } = this.#model;
    const { headCount, kvHeadCount, headDim, normEpsilon: epsilon } = config;
    const { headNorm, rotations } = weights.layers[index];
    if (!headNorm) return [];
    const { kind, weights: norm } = headNorm;
    return [
      headNormsBackward(this.#gpu, {
        ...rows,
        heads: { headCount, kvHeadCount, headDim },
        projected,
        kind,
        norm,
        rotations: kind === "each-rotated" ? rotations : undefined,
        epsilon,
        gradient: this.#scratch.inputsGradient,
      }),
    ];
  }

  /** outputGradient [rows, hidden], if a norm stands between a part's output and the residual stream. */
  #outputGradient(
    rows: BackwardRows,
    norm: GPUBuffer | undefined,
    output: GPUBuffer,
    gradient: GPUBuffer,
  ): Command[] {
    if (!norm) return [];
    const { hiddenSize, normEpsilon: epsilon } = this.#model.config;
    return [
      normBackward(this.#gpu, {
        kind: this.#normKind,
        ...rows,
        hiddenSize,
        epsilon,
        hidden: output,
        normWeight: norm,
        gradient,
        hiddenGradient: this.#scratch.outputGradient,
        add: false,
      }),
    ];
  }

  /** hiddenGradient [rows, hidden] += input · weightsᵀ, through the norm before a part if it has one. */
  #addInputGradient(rows: BackwardRows, { weights, input, norm, hidden, hiddenGradient }: {
    weights: WeightMatrix;
    input: GPUBuffer;
    norm: GPUBuffer | undefined;
    hidden: GPUBuffer;
    hiddenGradient: GPUBuffer;
  }): Command[] {
    const { hiddenSize, normEpsilon: epsilon } = this.#model.config;
    const { normedGradient, preparedMiddle: unread } = this.#scratch;
    if (!norm) {
      return projectToResidual(this.#gpu, {
        ...rows,
        weights,
        input,
        hidden: hiddenGradient,
        prepared: unread,
        nextNorm: this.#model.weights.finalNorm,
      });
    }
    return [
      ...project(this.#gpu, { ...rows, weights, input, output: normedGradient }),
      normBackward(this.#gpu, {
        kind: this.#normKind,
        ...rows,
        hiddenSize,
        epsilon,
        hidden,
        normWeight: norm,
        gradient: normedGradient,
        hiddenGradient,
        add: true,
      }),
    ];
  }

  [Symbol.dispose](): void {
    this.#transposed[Symbol.dispose]();
    this.#gpu.free(...Object.values(this.#scratch));
  }
}
