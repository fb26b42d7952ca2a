import type { Gpu } from "../gpu/gpu.ts";
import type { Dispatch } from "../gpu/kernel.ts";
import { attention } from "../ops/attention.ts";
import { embed } from "../ops/products/embed.ts";
import { isUngated } from "../ops/products/activations.ts";
import {
  project,
  projectAttentionInputs,
  projectGated,
  projectUngated,
} from "../ops/products/matmul.ts";
import { canAddToStream } from "../ops/products/product_input.ts";
import { placeNormedHeads } from "../ops/norms.ts";
import { STREAM_IN_PLACE, type StreamRows } from "../ops/residual_stream.ts";
import type { WeightMatrix } from "../ops/products/weights.ts";
import { type Activations, spareRow } from "./activations.ts";
import type { Cache } from "./cache.ts";
import type { ModelConfig } from "./config.ts";
import { matricesOf } from "./experts/expert_weights.ts";
import { runExperts } from "./experts/run_experts.ts";
import { hasParts, type LayerSkips, NO_SKIPS } from "./layer_skips.ts";
import type { Linear } from "./linear.ts";
import { partOutput } from "./part_output.ts";
import { type NextPart, PassStream } from "./pass_stream.ts";
import { finalInput, layerNorms, partInput } from "./stream_norms.ts";
import type { ModelWeights } from "./weights.ts";

/** What a pass through layers does beside the usual. */
export interface PassOptions {
  /** Layer that the rows are ready to enter; the first if left out. */
  from?: number;
  /** Layer that they are ready to enter afterwards; the number of layers, the default, stands for the final norm. */
  to?: number;
  /** Parts of layers that are left out. */
  skips?: LayerSkips;
  /** All rows are plain text, `textRow`: attention may serve them many at a time, with the same bits. */
  text?: boolean;
  /**
   * Where in `hidden` the rows' stream stands on entering, and where from its first change on; at the
   * beginning if left out.
   */
  stream?: StreamRows;
}

/**
 * A decoder-only transformer on the GPU. Its methods make dispatches that can be recorded any number
 * of times; what they compute depends on the rows in the batch when they run.
 */
export class Transformer implements Disposable {
  readonly gpu: Gpu;
  readonly config: ModelConfig;
  /** Positions that the rotation tables cover. */
  readonly contextLength: number;
  /** The weights, which stay this model's own. */
  readonly weights: ModelWeights;

  /** Takes the weights over. */
  constructor(gpu: Gpu, config: ModelConfig, contextLength: number, weights: ModelWeights) {
    this.gpu = gpu;
    this.config = config;
    this.contextLength = contextLength;
    this.weights = weights;
  }

  /** hidden = the tokens' embeddings, ready to enter `layer`. */
  embed(rowCount: number, to: Activations, layer = 0, skips = NO_SKIPS): Dispatch[] {
    return embed(this.gpu, {
      batch: to.batch,
      rowCount,
      embedding: this.weights.embedding,
      scale: this.config.embeddingScale,
      positions: this.weights.positions,
      nextNorm: this.normBefore(layer, skips),
      hidden: to.hidden,
      prepared: to.prepared,
    });
  }

  /**
   * hidden → hidden through the layers `from` … `to` − 1, all if left out. Keys and values go to the
   * rows' cache slots. The rows must be ready to enter `from`, and are then ready to enter `to`.
   */
  runLayers(
    rowCount: number,
    at: Activations,
    cache: Cache,
    options: PassOptions = {},
  ): Dispatch[] {
    const { from = 0, to = this.config.layerCount, skips = NO_SKIPS, text = false } = options;
    const { stream = STREAM_IN_PLACE } = options;
    const dispatches: Dispatch[] = [];
    const passStream = new PassStream(stream, spareRow(at, this.config));
    const canAdd = canAddToStream(this.gpu, rowCount);
    for (let i = from; i < to; i++) {
      const [hasAttention, hasMlp] = [!skips.attention.has(i), !skips.mlp.has(i)];
      const normAfter = this.normBefore(i + 1, skips);
      const normBetween = hasMlp ? this.weights.layers[i].norms.beforeMlp ?? normAfter : normAfter;
      const isReadAfter = hasParts(i + 1, to, skips);
      if (hasAttention) {
        const next = { norm: normBetween, adds: canAdd && (hasMlp || isReadAfter) };
        const part = { text, stream: passStream, next, hasMlp };
        dispatches.push(...this.#attention(i, rowCount, at, cache, part));
      }
      if (hasMlp) {
        const next = { norm: normAfter, adds: canAdd && isReadAfter };
        const isNormed = hasAttention && this.#isParallel(i);
        dispatches.push(...this.#mlp(i, rowCount, at, { stream: passStream, next, isNormed }));
      }
    }
    if (to === this.config.layerCount) {
      const { finalNorm } = this.weights;
      dispatches.push(...layerNorms(this, finalNorm, rowCount, at, passStream, at.prepared));
    }
    return dispatches;
  }

  /** hidden += attention(norm(hidden)), and what the next norm reads. */
  #attention(
    i: number,
    rowCount: number,
    at: Activations,
    cache: Cache,
    { text, stream, next, hasMlp }: {
      text: boolean;
      stream: PassStream;
      next: NextPart;
      /** Whether the layer's MLP takes part. */
      hasMlp: boolean;
    },
  ): Dispatch[] {
    const { gpu, config: { headCount, kvHeadCount, headDim } } = this;
    const { headNorm, sinks, attentionInputs, attentionOutput, rotations, norms } =
      this.weights.layers[i];
    const { scale, softCap, window, queryGrowth } = this.config.layers[i].attention;
    const { batch, queries, attended, projected } = at;
    const rows = { batch, rowCount };
    const heads = { headCount, kvHeadCount, headDim };
    const places = { heads, queries, cache: cache.layers[i], rotations, queryGrowth };
    const { parallel } = this.config.layers[i];
    const entry = { layer: i, norm: norms.beforeAttention, rowCount };
    const read = partInput(this, at, stream, { ...entry, joins: parallel !== "shared-norm" });
    const input = { ...rows, ...attentionInputs, ...read.input };
    return [
      // hidden → normed [rows, hidden], where the norm is a kernel of its own
      ...read.dispatches,
      // norm(hidden) [rows, hidden] → queries [rows, heads · headDim], cache [slots, kvHeads · headDim]
      ...(headNorm
        ? [
          // with a norm of the heads between the product and the rotation
          ...project(gpu, { ...input, output: projected }),
          placeNormedHeads(gpu, {
            ...rows,
            ...places,
            projected,
            kind: headNorm.kind,
            norm: headNorm.weights,
            epsilon: this.config.normEpsilon,
          }),
        ]
        : projectAttentionInputs(gpu, { ...input, ...places })),
      // queries, cache → attended [rows, heads · headDim]
      ...attention(gpu, {
        batch: at.seen ?? batch,
        rowCount,
        text,
        heads,
        queries,
        cache: cache.layers[i],
        scale,
        softCap,
        window,
        sinks,
        output: attended,
      }),
      // hidden → normed, before attention changes what the MLP beside it reads
      ...(hasMlp && this.#isParallel(i) && norms.beforeMlp
        ? layerNorms(this, norms.beforeMlp, rowCount, at, stream)
        : []),
      // hidden [rows, hidden] += attended · outputᵀ
      ...partOutput(this, at, stream, {
        layer: i,
        linear: attentionOutput,
        input: attended,
        norm: norms.afterAttention,
        rowCount,
        next,
      }),
    ];
  }

  /** hidden += mlp(norm(hidden)), and what the next norm reads. */
  #mlp(
    i: number,
    rowCount: number,
    at: Activations,
    { stream, next, isNormed }: {
      stream: PassStream;
      next: NextPart;
      /** Whether its input went through the norm together with attention's. */
      isNormed: boolean;
    },
  ): Dispatch[] {
    const { mlpInputs, down, norms, experts } = this.weights.layers[i];
    const { residualScale, mlp: plan } = this.config.layers[i];
    const { activation } = plan;
    const { batch, gated } = at;
    const ownNorm = norms.beforeMlp ?? (this.#isParallel(i) ? norms.beforeAttention : undefined);
    const norm = isNormed ? undefined : ownNorm;
    const entry = { layer: i, norm, rowCount };
    const read = partInput(this, at, stream, { ...entry, joins: !this.#isParallel(i) });
    const input = { batch, rowCount, ...mlpInputs, ...read.input };
    if (experts) {
      const to = { stream: stream.moveToEnd(), nextNorm: next.norm, scale: residualScale };
      const weights = { ...experts, down };
      return [...read.dispatches, ...runExperts(this.gpu, { plan, weights, input, at, ...to })];
    }
    return [
      // hidden → normed [rows, hidden], where the norm is a kernel of its own
      ...read.dispatches,
      // norm(hidden) [rows, hidden] → gated [rows, intermediate]
      ...(isUngated(activation)
        ? projectUngated(this.gpu, { ...input, activation, output: gated })
        : projectGated(this.gpu, { ...input, activation, output: gated })),
      // hidden [rows, hidden] += gated · downᵀ
      ...partOutput(this, at, stream, {
        layer: i,
        linear: down,
        input: gated,
        norm: norms.afterMlp,
        rowCount,
        next,
      }),
    ];
  }

  /** Whether the parts of a layer read the same stream. */
  #isParallel(layer: number): boolean {
    return this.config.layers[layer].parallel !== undefined;
  }

  /**
   * logits [rows, outputStride(vocabulary)] of rows that are ready for the final norm; with `gather`
   * of those that the tokens of the batch's rows name. `head` takes the place of the model's own, for
   * the logits of other tokens.
   */
  logits(
    rowCount: number,
    at: Pick<Activations, "batch" | "prepared" | "logits">,
    { gather = false, head = this.head }: { gather?: boolean; head?: Linear } = {},
  ): Dispatch[] {
    return project(this.gpu, {
      batch: at.batch,
      gather,
      rowCount,
      ...head,
      ...finalInput(this.config, at),
      scale: this.config.logitScale,
      softCap: this.config.logitSoftCap,
      output: at.logits,
    });
  }

  /** The LM head, which multiplies what the final norm made. */
  get head(): Linear {
    return { weights: this.weights.head, bias: this.weights.headBias };
  }

  /**
   * Weight [hidden] of the first norm from `layer` on, those of skipped parts left out; that of the
   * head after the last. Where layers have no norms before their parts, rows that enter them are
   * prepared for the head's norm, which nobody reads before the last layer.
   */
  normBefore(layer: number, skips: LayerSkips = NO_SKIPS): GPUBuffer {
    const { layers, finalNorm } = this.weights;
    for (let i = layer; i < layers.length; i++) {
      if (!skips.attention.has(i)) return layers[i].norms.beforeAttention ?? finalNorm;
      if (!skips.mlp.has(i)) return layers[i].norms.beforeMlp ?? finalNorm;
    }
    return finalNorm;
  }

  /** The matrices that a decoded token is multiplied with, in order; for measurements. */
  matrices(): WeightMatrix[] {
    const inLayers = this.weights.layers.flatMap((layer) => [
      layer.attentionInputs.weights,
      layer.attentionOutput.weights,
      layer.mlpInputs.weights,
      layer.down.weights,
      ...(layer.experts ? matricesOf(layer.experts) : []),
    ]);
    return [...inLayers, this.weights.head];
  }

  [Symbol.dispose](): void {
    this.weights[Symbol.dispose]();
  }
}
