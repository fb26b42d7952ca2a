import type { ModelConfig } from "../format/config.ts";
import type { Safetensors } from "../format/safetensors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import type { Dispatch } from "../gpu/kernel.ts";
import { attention } from "../ops/attention.ts";
import { embed } from "../ops/embed.ts";
import { project, projectAttentionInputs, projectGated, projectToResidual } from "../ops/matmul.ts";
import type { WeightMatrix } from "../ops/weights.ts";
import { WeightLoader } from "./load_matrix.ts";
import { rotationTable } from "./rotations.ts";
import {
  type Activations,
  type Cache,
  type LayerSkips,
  NO_SKIPS,
  type Transformer,
} from "./transformer.ts";

/** Weights of one layer, as the kernels read them. */
export interface LlamaLayer {
  /** [hidden] f32. */
  attentionNorm: GPUBuffer;
  /** [(heads + 2 · kvHeads) · headDim, hidden]: query, key and value heads. */
  attentionInputs: WeightMatrix;
  /** [hidden, heads · headDim]. */
  attentionOutput: WeightMatrix;
  /** [hidden] f32. */
  mlpNorm: GPUBuffer;
  /** [2 · intermediate, hidden], gate and up interleaved by fours. */
  gateAndUp: WeightMatrix;
  /** [hidden, intermediate]. */
  down: WeightMatrix;
}

/** All weights of a model and the rotations of its positions, for passes of other directions. */
export interface LlamaWeights {
  layers: readonly LlamaLayer[];
  /** [hidden] f32. */
  finalNorm: GPUBuffer;
  /** [vocabulary, hidden]. */
  head: WeightMatrix;
  /** [positions, headDim / 8, 2, 4] f32: four cosines, then their sines. */
  rotations: GPUBuffer;
}

/** A Llama-family decoder. Touvron et al., "LLaMA" (2023); `LlamaForCausalLM` in config.json. */
export class Llama implements Transformer {
  readonly gpu: Gpu;
  readonly config: ModelConfig;
  readonly contextLength: number;
  readonly #embedding: WeightMatrix;
  readonly #layers: LlamaLayer[];
  readonly #finalNorm: GPUBuffer;
  readonly #head: WeightMatrix;
  readonly #rotations: GPUBuffer;

  private constructor(gpu: Gpu, config: ModelConfig, contextLength: number, parts: {
    embedding: WeightMatrix;
    layers: LlamaLayer[];
    finalNorm: GPUBuffer;
    head: WeightMatrix;
  }) {
    this.gpu = gpu;
    this.config = config;
    this.contextLength = contextLength;
    this.#embedding = parts.embedding;
    this.#layers = parts.layers;
    this.#finalNorm = parts.finalNorm;
    this.#head = parts.head;
    this.#rotations = gpu.upload("rotations", rotationTable(config, contextLength));
  }

  /**
   * Reads and uploads the weights. `onProgress` hears the bytes so far and the bytes in all.
   * @throws DataError if a tensor is missing or has another shape; before anything is uploaded.
   */
  static async load(
    gpu: Gpu,
    config: ModelConfig,
    contextLength: number,
    tensors: Safetensors,
    onProgress?: (doneBytes: number, totalBytes: number) => void,
  ): Promise<Llama> {
    const { hiddenSize, vocabSize, layerCount } = config;
    using loader = new WeightLoader(gpu, tensors);
    const matrix = (name: string) =>
      loader.matrix({ label: name, parts: [{ name, rows: vocabSize }], inner: hiddenSize });
    const embedding = matrix("model.embed_tokens.weight");
    const layers = Array.from({ length: layerCount }, (_, i) => llamaLayer(loader, config, i));
    const finalNorm = loader.vector("model.norm.weight", hiddenSize);
    const head = config.tieWordEmbeddings ? embedding : matrix("lm_head.weight");
    await loader.upload(onProgress);
    return new Llama(gpu, config, contextLength, { embedding, layers, finalNorm, head });
  }

  embed(rowCount: number, to: Activations, layer = 0, skips = NO_SKIPS): Dispatch[] {
    return embed(this.gpu, {
      batch: to.batch,
      rowCount,
      embedding: this.#embedding,
      nextNorm: this.normBefore(layer, skips),
      hidden: to.hidden,
      prepared: to.prepared,
    });
  }

  runLayers(
    rowCount: number,
    at: Activations,
    cache: Cache,
    from: number,
    to: number,
    skips: LayerSkips = NO_SKIPS,
  ): Dispatch[] {
    const { gpu } = this;
    const { batch, hidden, prepared, queries, attended, gated } = at;
    const { headCount, kvHeadCount, headDim, rmsNormEps: epsilon } = this.config;
    const heads = { headCount, kvHeadCount, headDim };
    const rows = { batch, rowCount };
    const rotations = this.#rotations;
    const dispatches: Dispatch[] = [];
    for (let i = from; i < to; i++) {
      const layer = this.#layers[i];
      const layerCache = cache.layers[i];
      const normAfter = this.normBefore(i + 1, skips);
      const hasMlp = !skips.mlp.has(i);
      if (!skips.attention.has(i)) {
        dispatches.push(
          // prepared [rows, hidden] → queries [rows, heads · headDim], cache [slots, kvHeads · headDim]
          ...projectAttentionInputs(gpu, {
            ...rows,
            weights: layer.attentionInputs,
            input: prepared,
            norm: { epsilon },
            heads,
            queries,
            cache: layerCache,
            rotations,
          }),
          // queries, cache → attended [rows, heads · headDim]
          attention(gpu, { ...rows, heads, queries, cache: layerCache, output: attended }),
          // hidden [rows, hidden] += attended · outputᵀ
          ...projectToResidual(gpu, {
            ...rows,
            weights: layer.attentionOutput,
            input: attended,
            hidden,
            prepared,
            nextNorm: hasMlp ? layer.mlpNorm : normAfter,
          }),
        );
      }
      if (hasMlp) {
        dispatches.push(
          // prepared [rows, hidden] → gated [rows, intermediate]
          ...projectGated(gpu, {
            ...rows,
            weights: layer.gateAndUp,
            input: prepared,
            norm: { epsilon },
            output: gated,
          }),
          // hidden [rows, hidden] += gated · downᵀ
          ...projectToResidual(gpu, {
            ...rows,
            weights: layer.down,
            input: gated,
            hidden,
            prepared,
            nextNorm: normAfter,
          }),
        );
      }
    }
    return dispatches;
  }

  logits(rowCount: number, at: Activations, { gather = false } = {}): Dispatch[] {
    return project(this.gpu, {
      batch: at.batch,
      gather,
      rowCount,
      weights: this.#head,
      input: at.prepared,
      norm: { epsilon: this.config.rmsNormEps },
      output: at.logits,
    });
  }

  normBefore(layer: number, skips: LayerSkips = NO_SKIPS): GPUBuffer {
    for (let i = layer; i < this.#layers.length; i++) {
      if (!skips.attention.has(i)) return this.#layers[i].attentionNorm;
      if (!skips.mlp.has(i)) return this.#layers[i].mlpNorm;
    }
    return this.#finalNorm;
  }

  /** The weights, which stay this model's own. */
  get weights(): LlamaWeights {
    return {
      layers: this.#layers,
      finalNorm: this.#finalNorm,
      head: this.#head,
      rotations: this.#rotations,
    };
  }

  matrices(): WeightMatrix[] {
    const inLayers = this.#layers.flatMap((layer) => [
      layer.attentionInputs,
      layer.attentionOutput,
      layer.gateAndUp,
      layer.down,
    ]);
    return [...inLayers, this.#head];
  }

  [Symbol.dispose](): void {
    const matrices = new Set([this.#embedding, ...this.matrices()]);
    const norms = this.#layers.flatMap((layer) => [layer.attentionNorm, layer.mlpNorm]);
    for (const { slices } of matrices) this.gpu.free(...slices.map((slice) => slice.buffer));
    this.gpu.free(...norms, this.#finalNorm, this.#rotations);
  }
}

function llamaLayer(loader: WeightLoader, config: ModelConfig, layer: number): LlamaLayer {
  const { hiddenSize, intermediateSize, headCount, kvHeadCount, headDim } = config;
  const prefix = `model.layers.${layer}`;
  const part = (name: string, rows: number) => ({ name: `${prefix}.${name}.weight`, rows });
  const norm = (name: string) => loader.vector(`${prefix}.${name}.weight`, hiddenSize);
  return {
    attentionNorm: norm("input_layernorm"),
    attentionInputs: loader.matrix({
      label: `${prefix}.attention inputs`,
      inner: hiddenSize,
      parts: [
        part("self_attn.q_proj", headCount * headDim),
        part("self_attn.k_proj", kvHeadCount * headDim),
        part("self_attn.v_proj", kvHeadCount * headDim),
      ],
      sourceOf: (column) => attentionInputSource(config, column),
      block: headDim,
    }),
    attentionOutput: loader.matrix({
      label: `${prefix}.attention output`,
      inner: headCount * headDim,
      parts: [part("self_attn.o_proj", hiddenSize)],
    }),
    mlpNorm: norm("post_attention_layernorm"),
    gateAndUp: loader.matrix({
      label: `${prefix}.gate and up`,
      inner: hiddenSize,
      parts: [part("mlp.gate_proj", intermediateSize), part("mlp.up_proj", intermediateSize)],
      sourceOf: gateAndUpSource,
      block: 8,
    }),
    down: loader.matrix({
      label: `${prefix}.down`,
      inner: intermediateSize,
      parts: [part("mlp.down_proj", hiddenSize)],
    }),
  };
}

/**
 * Query and key heads are reordered so that each octet holds four neighbouring dimensions and the
 * four that they are rotated with, half a head away; value heads stay as they are.
 */
function attentionInputSource(
  { headCount, kvHeadCount, headDim }: ModelConfig,
  column: number,
): { part: number; row: number } {
  const head = Math.floor(column / headDim);
  const inHead = column % headDim;
  if (head >= headCount + kvHeadCount) {
    return { part: 2, row: (head - headCount - kvHeadCount) * headDim + inHead };
  }
  const [octet, place] = [Math.floor(inHead / 8), inHead % 8];
  const dimension = 4 * octet + place % 4 + (place >= 4 ? headDim / 2 : 0);
  return head < headCount
    ? { part: 0, row: head * headDim + dimension }
    : { part: 1, row: (head - headCount) * headDim + dimension };
}

/** Each octet is four gates and then the four up values that they gate. */
function gateAndUpSource(column: number): { part: number; row: number } {
  const [octet, place] = [Math.floor(column / 8), column % 8];
  return { part: place < 4 ? 0 : 1, row: 4 * octet + place % 4 };
}
