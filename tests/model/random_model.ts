import type { ModelConfig, ModelSizes } from "../../src/model/config.ts";
import { encodeSafetensors, Safetensors, type TensorData } from "../../src/format/safetensors.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { loadTransformer } from "../../src/model/load.ts";
import type { Transformer } from "../../src/model/transformer.ts";
import { type LlamaConstants, llamaPlan } from "../reference/config.ts";
import { packHalves, unpackHalves } from "../../src/checks/oracles/half.ts";
import type { ModelFloats, Tensor } from "../reference/model.ts";
import { randomNormals } from "../../src/checks/oracles/random.ts";

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
    rmsNormEps: 1e-5,
    tieWordEmbeddings,
    bosTokenId: null,
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

function randomTensors(config: ModelConfig, storedAs: StoredAs) {
  const tensors: TensorData[] = [];
  const weights = new Map<string, Tensor>();
  for (const [name, shape] of tensorShapes(config)) {
    const dtype = storedAs[tensors.length % storedAs.length];
    const length = shape.reduce((a, b) => a * b);
    // Rows of length one on average, so that the hidden state neither grows nor fades; norm weights
    // around one.
    const values = randomNormals(length, tensors.length, 1 / Math.sqrt(shape[1] ?? 4));
    const numbers = shape.length === 1 ? values.map((value) => 1 + value) : values;
    const bytes = dtype === "F32" ? new Uint8Array(numbers.buffer) : packHalves(numbers, dtype);
    tensors.push({ name, dtype, shape, data: bytes });
    weights.set(name, { shape, data: dtype === "F32" ? numbers : unpackHalves(bytes, dtype) });
  }
  return { tensors, weights };
}

/** The tensors of a checkpoint by name. */
function tensorShapes(config: ModelConfig): [name: string, shape: number[]][] {
  const { hiddenSize, intermediateSize, headCount, kvHeadCount, headDim, vocabSize } = config;
  const [querySize, kvSize] = [headCount * headDim, kvHeadCount * headDim];
  const layers = Array.from({ length: config.layerCount }, (_, i): [string, number[]][] => [
    [`model.layers.${i}.input_layernorm.weight`, [hiddenSize]],
    [`model.layers.${i}.self_attn.q_proj.weight`, [querySize, hiddenSize]],
    [`model.layers.${i}.self_attn.k_proj.weight`, [kvSize, hiddenSize]],
    [`model.layers.${i}.self_attn.v_proj.weight`, [kvSize, hiddenSize]],
    [`model.layers.${i}.self_attn.o_proj.weight`, [hiddenSize, querySize]],
    [`model.layers.${i}.post_attention_layernorm.weight`, [hiddenSize]],
    [`model.layers.${i}.mlp.gate_proj.weight`, [intermediateSize, hiddenSize]],
    [`model.layers.${i}.mlp.up_proj.weight`, [intermediateSize, hiddenSize]],
    [`model.layers.${i}.mlp.down_proj.weight`, [hiddenSize, intermediateSize]],
  ]);
  const head: [string, number[]][] = config.tieWordEmbeddings
    ? []
    : [["lm_head.weight", [vocabSize, hiddenSize]]];
  return [
    ["model.embed_tokens.weight", [vocabSize, hiddenSize]],
    ...layers.flat(),
    ["model.norm.weight", [hiddenSize]],
    ...head,
  ];
}
