import type { ModelConfig, ModelSizes } from "../../src/model/config.ts";
import {
  encodeSafetensors,
  Safetensors,
  type TensorData,
} from "../../src/format/safetensors/safetensors.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import type { LayerTensors, TensorRows } from "../../src/model/architectures/architecture.ts";
import { architectureNamed } from "../../src/model/architectures/lookup.ts";
import { loadTransformer } from "../../src/model/loading/load.ts";
import type { Transformer } from "../../src/model/transformer.ts";
import { type LlamaConstants, llamaPlan } from "../reference/config.ts";
import { packHalves, unpackHalves } from "../../src/checks/oracles/numbers/half.ts";
import type { ModelFloats, Tensor } from "../reference/model.ts";
import { randomNormals } from "../../src/checks/oracles/numbers/random.ts";
import { expertTensors, type Stored, type StoredPart } from "./random_experts.ts";

/** How a random model's tensors are stored: all alike, or in turn. */
export type StoredAs = readonly ("F32" | "F16" | "BF16")[];

/** What of a small model's configuration may be another. */
export type TinyOptions = Partial<
  ModelSizes & LlamaConstants & Pick<ModelConfig, "tieWordEmbeddings">
>;

/** A small Llama. */
export function tiny(options: TinyOptions = {}): ModelConfig {
  const { ropeTheta = 100, ropeScaling = null, tieWordEmbeddings = false, ...others } = options;
  const sizes = { ...TINY_SIZES, ...others };
  return {
    architecture: "LlamaForCausalLM",
    ...sizes,
    normEpsilon: 1e-5,
    tieWordEmbeddings,
    eosTokenIds: [],
    ...llamaPlan({ ...sizes, ropeTheta, ropeScaling }),
  };
}

const TINY_SIZES: ModelSizes = {
  hiddenSize: 16,
  intermediateSize: 24,
  layerCount: 2,
  headCount: 4,
  kvHeadCount: 2,
  headDim: 8,
  vocabSize: 31,
  contextLength: 128,
};

/** A model on the GPU and the same weights for the oracle. */
export interface RandomModel extends Disposable {
  model: Transformer;
  weights: ModelFloats;
}

/**
 * Random weights, written to a safetensors file and loaded from there as any model is.
 * @param loadedAs what config.json says of them; what they are made for if left out.
 */
export async function randomModel(
  gpu: Gpu,
  config: ModelConfig,
  storedAs: StoredAs,
  loadedAs = config,
): Promise<RandomModel> {
  const { tensors, weights } = randomTensors(config, storedAs);
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  try {
    await Deno.writeFile(path, encodeSafetensors(tensors));
    using file = await Safetensors.openFile(path);
    const model = await loadTransformer(gpu, loadedAs, file);
    return { model, weights, [Symbol.dispose]: () => model[Symbol.dispose]() };
  } finally {
    await Deno.remove(path);
  }
}

/** Random tensors as the architecture stores them, and the same numbers for the oracle. */
function randomTensors(config: ModelConfig, storedAs: StoredAs) {
  const tensors: TensorData[] = [];
  const weights = new Map<string, Tensor>();
  const { normOffset } = architectureNamed(config.architecture)!.tensors(config);
  for (const { name, shape, stack, parts, isTransposed } of storedTensors(config)) {
    const dtype = storedAs[tensors.length % storedAs.length];
    const length = shape.reduce((a, b) => a * b);
    // Rows of length one on average, so that the hidden state neither grows nor fades; norm weights
    // and biases around one.
    const values = randomNormals(length, tensors.length, 1 / Math.sqrt(shape[1] ?? 4));
    const isNorm = name.includes("norm") && name.endsWith("weight");
    const middle = shape.length === 1 ? 1 - (isNorm ? normOffset : 0) : 0;
    const numbers = values.map((value) => middle + value);
    const packed = (numbers: Float32Array<ArrayBuffer>) =>
      dtype === "F32" ? new Uint8Array(numbers.buffer) : packHalves(numbers, dtype);
    const stacked = stack ? [stack, shape[0] / stack, ...shape.slice(1)] : shape;
    tensors.push(
      isTransposed
        ? {
          name,
          dtype,
          shape: [...stacked.slice(0, -2), ...stacked.slice(-2).toReversed()],
          data: packed(transposed(numbers, shape[1], stack)),
        }
        : { name, dtype, shape: stacked, data: packed(numbers) },
    );
    const stored = dtype === "F32" ? numbers : unpackHalves(packed(numbers), dtype);
    const data = isNorm ? stored.map((value) => value + normOffset) : stored;
    const width = length / shape[0];
    for (const part of parts) {
      weights.set(part.name, {
        shape: part.shape ?? [part.rows, ...shape.slice(1)],
        data: rowsOf(data, width, part, config.headDim),
      });
    }
  }
  return { tensors, weights };
}

/** Matrices of so many columns, each with rows and columns exchanged. */
function transposed(
  values: Float32Array,
  width: number,
  stack = 1,
): Float32Array<ArrayBuffer> {
  const rows = values.length / width / stack;
  return Float32Array.from(values, (_, i) => {
    const place = i % (rows * width);
    return values[i - place + place % rows * width + Math.floor(place / rows)];
  });
}

/** The rows of a part, heads of which may stand apart. */
function rowsOf(
  data: Float32Array,
  width: number,
  { first, rows, headStride, step = 1 }: StoredPart,
  headDim: number,
): Float32Array {
  return Float32Array.from({ length: rows * width }, (_, i) => {
    const row = Math.floor(i / width);
    const at = headStride === undefined
      ? first + step * row
      : first + Math.floor(row / headDim) * headStride + row % headDim;
    return data[at * width + i % width];
  });
}

/** The tensors of a checkpoint. */
function storedTensors(config: ModelConfig): Stored[] {
  const { hiddenSize, vocabSize, learntPositions } = config;
  const names = architectureNamed(config.architecture)!.tensors(config);
  const whole = (name: string, role: string, ...shape: number[]): Stored => ({
    name,
    shape,
    parts: [{ name: role, first: 0, rows: shape[0] }],
  });
  return [
    whole(names.embedding, "model.embed_tokens.weight", vocabSize, hiddenSize),
    ...(learntPositions
      ? [
        whole(
          names.positions!,
          "model.embed_positions.weight",
          learntPositions.first + config.contextLength,
          hiddenSize,
        ),
      ]
      : []),
    ...config.layers.flatMap((_, i) => layerTensors(config, names.layer(i), i)),
    ...(config.norm === "bare-layer"
      ? []
      : [whole(names.finalNorm, "model.norm.weight", hiddenSize)]),
    ...(config.norm === "biased-layer"
      ? [whole(biasOf(names.finalNorm), "model.norm.bias", hiddenSize)]
      : []),
    ...(config.headBias ? [whole(biasOf(names.head), "lm_head.bias", vocabSize)] : []),
    ...(config.tieWordEmbeddings
      ? []
      : [whole(names.head, "lm_head.weight", vocabSize, hiddenSize)]),
  ];
}

/** The name of the bias of a LayerNorm. */
function biasOf(weight: string): string {
  return weight.replace(/weight$/, "bias");
}

/** Those of one layer. */
function layerTensors(config: ModelConfig, names: LayerTensors, index: number): Stored[] {
  const { hiddenSize, intermediateSize, headCount, kvHeadCount, headDim } = config;
  const { attention, mlp, parallel } = config.layers[index];
  const at = `model.layers.${index}`;
  const stored = new Map<string, Stored>();
  const add = (
    name: string,
    shape: number[],
    role: string,
    { first, rows, headStride, shape: seen }: Omit<StoredPart, "name"> = {
      first: 0,
      rows: shape[0],
    },
  ) => {
    const tensor = stored.get(name) ?? { name, shape, parts: [] };
    tensor.parts.push({ name: `${at}.${role}`, first, rows, headStride, shape: seen });
    stored.set(name, tensor);
  };
  const norm = (name: string | undefined, role: string, size = hiddenSize) => {
    if (!name || config.norm === "bare-layer") return;
    add(name, [size], `${role}.weight`);
    if (config.norm === "biased-layer") add(biasOf(name), [size], `${role}.bias`);
  };
  const linear = (rows: TensorRows, inner: number, role: string, bias: boolean) => {
    add(`${rows.name}.weight`, [rows.of, inner], `${role}.weight`, rows);
    stored.get(`${rows.name}.weight`)!.isTransposed = rows.isTransposed;
    if (bias) add(`${rows.name}.bias`, [rows.of], `${role}.bias`, rows);
  };
  norm(names.norms.beforeAttention, "input_layernorm");
  linear(names.query, hiddenSize, "self_attn.q_proj", attention.inputBias);
  linear(names.key, hiddenSize, "self_attn.k_proj", attention.inputBias);
  linear(names.value, hiddenSize, "self_attn.v_proj", attention.inputBias);
  const headNorm = (names: string | readonly string[] = [], role: string, heads: number) => {
    if (typeof names !== "string") {
      names.forEach((name, head) => add(name, [headDim], `${role}.${head}.weight`));
    } else if (attention.headNorm !== "each-layer") {
      norm(names, role, attention.headNorm === "all" ? heads * headDim : headDim);
    } else {
      for (let head = 0; head < heads; head++) {
        add(names, [heads, headDim], `${role}.${head}.weight`, {
          first: head,
          rows: 1,
          shape: [headDim],
        });
      }
    }
  };
  if (attention.headNorm !== "none") {
    headNorm(names.headNorms?.query, "self_attn.q_norm", headCount);
    headNorm(names.headNorms?.key, "self_attn.k_norm", kvHeadCount);
  }
  if (attention.sinks) add(names.sinks!, [headCount], "self_attn.sinks");
  linear(names.attentionOutput, headCount * headDim, "self_attn.o_proj", attention.outputBias);
  norm(names.norms.afterAttention, "norm_after_attention");
  if (parallel !== "shared-norm") norm(names.norms.beforeMlp, "post_attention_layernorm");
  if (mlp.experts) {
    return [...stored.values(), ...expertTensors(config, mlp.experts, names.experts!, at)];
  }
  if (names.gate) linear(names.gate, hiddenSize, "mlp.gate_proj", mlp.bias);
  linear(names.up, hiddenSize, "mlp.up_proj", mlp.bias);
  linear(names.down, intermediateSize, "mlp.down_proj", mlp.bias);
  norm(names.norms.afterMlp, "norm_after_mlp");
  return [...stored.values()];
}
