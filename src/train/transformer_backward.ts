import type { Gpu } from "../gpu/gpu.ts";
import type { Transformer } from "../model/transformer.ts";
import type { Cache } from "../model/cache.ts";
import { project, projectToResidual } from "../ops/matmul.ts";
import type { RowBatch } from "../ops/rows.ts";
import { attentionBackward, gatedBackward, rmsNormBackward } from "../ops/train_backward.ts";
import { transposeMatrix } from "../ops/train_transpose.ts";
import { freeWeightMatrix, type WeightMatrix } from "../ops/weights.ts";
import { type BackwardScratch, createBackwardScratch } from "./backward_scratch.ts";
import type { LayerTape } from "./layer_tape.ts";
import type { Step } from "./steps.ts";

/** Rows on their way back. */
export interface BackwardRows {
  batch: RowBatch;
  rowCount: number;
  /** Row r's key is seen by the rows r + m · origins, m ≥ 0, alone. */
  origins: number;
}

/** Transposed copies of a layer's matrices. */
interface TransposedLayer {
  /** [hidden, (heads + 2 · kvHeads) · headDim] */
  attentionInputs: WeightMatrix;
  /** [heads · headDim, hidden] */
  attentionOutput: WeightMatrix;
  /** [hidden, 2 · intermediate] */
  gateAndUp: WeightMatrix;
  /** [intermediate, hidden] */
  down: WeightMatrix;
}

/**
 * The way back through the layers for rows whose keys nobody sees but rows of the same
 * origin: gradients by the rows' own residual stream. The model's weights are constants.
 */
export class TransformerBackward implements Disposable {
  readonly #model: Transformer;
  readonly #gpu: Gpu;
  readonly #firstLayer: number;
  readonly #layers: TransposedLayer[];
  readonly #head: WeightMatrix;
  readonly #scratch: BackwardScratch;

  /** For the layers from `firstLayer` on and up to `capacity` rows. Transposes their matrices. */
  constructor(model: Transformer, firstLayer: number, capacity: number) {
    const { gpu, weights } = model;
    const transposed = (matrix: WeightMatrix) => transposeMatrix(gpu, matrix);
    this.#model = model;
    this.#gpu = gpu;
    this.#firstLayer = firstLayer;
    this.#head = transposed(weights.head);
    this.#layers = weights.layers.slice(firstLayer).map((layer) => ({
      attentionInputs: transposed(layer.attentionInputs.weights),
      attentionOutput: transposed(layer.attentionOutput.weights),
      gateAndUp: transposed(layer.gateAndUp.weights),
      down: transposed(layer.down.weights),
    }));
    this.#scratch = createBackwardScratch(model, capacity);
  }

  /**
   * Through the LM head and the final norm: hiddenGradient of the rows that the batch's tokens name
   * is set from `logitsGradient` [rows of the batch, outputStride(vocabulary)].
   */
  head(batch: RowBatch, rowCount: number, buffers: {
    logitsGradient: GPUBuffer;
    hidden: GPUBuffer;
    hiddenGradient: GPUBuffer;
  }): Step[] {
    const { config, weights } = this.#model;
    const { logitsGradient: input, hidden, hiddenGradient } = buffers;
    const { normedGradient: output } = this.#scratch;
    return [
      ...project(this.#gpu, { batch, rowCount, weights: this.#head, input, output }),
      rmsNormBackward(this.#gpu, {
        batch,
        rowCount,
        hiddenSize: config.hiddenSize,
        epsilon: config.rmsNormEps,
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
   * Through one layer: `hiddenGradient` [rows, hidden], the gradient by what left the layer, becomes
   * that by what entered it.
   */
  layer(index: number, rows: BackwardRows, buffers: {
    tape: LayerTape;
    cache: Cache;
    hiddenGradient: GPUBuffer;
  }): Step[] {
    return [
      ...this.#recompute(index, rows, buffers.tape),
      ...this.#mlp(index, rows, buffers.hiddenGradient),
      ...this.#attention(index, rows, buffers),
    ];
  }

  /** What the forward pass did not keep: the residual stream in the middle, gate and up. */
  #recompute(index: number, rows: BackwardRows, tape: LayerTape): Step[] {
    const { config: { hiddenSize, rmsNormEps: epsilon }, weights } = this.#model;
    const layer = weights.layers[index];
    const { middle, preparedMiddle, gateAndUp } = this.#scratch;
    return [
      { source: tape.hidden, target: middle, byteLength: 4 * hiddenSize * rows.rowCount },
      ...projectToResidual(this.#gpu, {
        ...rows,
        ...layer.attentionOutput,
        input: tape.attended,
        hidden: middle,
        prepared: preparedMiddle,
        nextNorm: layer.norms.beforeMlp!,
      }),
      ...project(this.#gpu, {
        ...rows,
        ...layer.gateAndUp,
        input: preparedMiddle,
        norm: { epsilon },
        output: gateAndUp,
      }),
    ];
  }

  #mlp(
    index: number,
    rows: BackwardRows,
    hiddenGradient: GPUBuffer,
  ): Step[] {
    const { config: { hiddenSize, intermediateSize, rmsNormEps: epsilon } } = this.#model;
    const transposed = this.#layers[index - this.#firstLayer];
    const { middle, gateAndUp, gatedGradient, normedGradient } = this.#scratch;
    return [
      // gatedGradient [rows, intermediate] = hiddenGradient · down
      ...project(this.#gpu, {
        ...rows,
        weights: transposed.down,
        input: hiddenGradient,
        output: gatedGradient,
      }),
      gatedBackward(this.#gpu, { ...rows, intermediateSize, gatedGradient, gateAndUp }),
      // normedGradient [rows, hidden] = gradient by gate and up · gateAndUp
      ...project(this.#gpu, {
        ...rows,
        weights: transposed.gateAndUp,
        input: gateAndUp,
        output: normedGradient,
      }),
      rmsNormBackward(this.#gpu, {
        ...rows,
        hiddenSize,
        epsilon,
        hidden: middle,
        normWeight: this.#model.weights.layers[index].norms.beforeMlp!,
        gradient: normedGradient,
        hiddenGradient,
        add: true,
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
  ): Step[] {
    const { config, weights } = this.#model;
    const { headCount, kvHeadCount, headDim, hiddenSize, rmsNormEps: epsilon } = config;
    const transposed = this.#layers[index - this.#firstLayer];
    const { attendedGradient, statistics, inputsGradient, normedGradient } = this.#scratch;
    return [
      // attendedGradient [rows, heads · headDim] = hiddenGradient · attentionOutput
      ...project(this.#gpu, {
        ...rows,
        weights: transposed.attentionOutput,
        input: hiddenGradient,
        output: attendedGradient,
      }),
      ...attentionBackward(this.#gpu, {
        ...rows,
        heads: { headCount, kvHeadCount, headDim },
        cache: cache.layers[index],
        queries: tape.queries,
        attended: tape.attended,
        attendedGradient,
        rotations: weights.layers[index].rotations!,
        statistics,
        gradient: inputsGradient,
      }),
      // normedGradient [rows, hidden] = inputsGradient · attentionInputs
      ...project(this.#gpu, {
        ...rows,
        weights: transposed.attentionInputs,
        input: inputsGradient,
        output: normedGradient,
      }),
      rmsNormBackward(this.#gpu, {
        ...rows,
        hiddenSize,
        epsilon,
        hidden: tape.hidden,
        normWeight: weights.layers[index].norms.beforeAttention!,
        gradient: normedGradient,
        hiddenGradient,
        add: true,
      }),
    ];
  }

  [Symbol.dispose](): void {
    const matrices = this.#layers.flatMap((layer) => Object.values(layer));
    for (const matrix of [this.#head, ...matrices]) freeWeightMatrix(this.#gpu, matrix);
    this.#gpu.free(...Object.values(this.#scratch));
  }
}
