import type { LayerPlan } from "../../config.ts";
import type { Architecture } from "../architecture.ts";
import {
  llamaFrame,
  llamaLayer,
  requireKeyForEachQuery,
  withAttention,
} from "../shared/llama_plan.ts";
import { derivedIntermediateSize, GPT_NAMES, GPT_PLACES, gptTensors } from "./shared.ts";

/**
 * GPT-2: learnt positions, LayerNorms, an MLP without gates and biases. Radford et al., "Language Models are
 * Unsupervised Multitask Learners" (2019).
 */
export const gpt2: Architecture = {
  name: "GPT2LMHeadModel",
  modelType: "gpt2",
  defaults: {
    max_position_embeddings: 1024,
    hidden_act: "gelu_new",
    layer_norm_eps: 1e-5,
    tie_word_embeddings: true,
    scale_attn_weights: true,
    scale_attn_by_inverse_layer_idx: false,
    // How attention is computed in halves; what it computes is the same.
    reorder_and_upcast_attn: false,
  },
  otherNames: {
    ...GPT_NAMES,
    n_embd: "hidden_size",
    n_head: "num_attention_heads",
    n_layer: "num_hidden_layers",
    n_positions: "max_position_embeddings",
    n_inner: "intermediate_size",
  },
  derived: derivedIntermediateSize,
  places: GPT_PLACES,
  plan(fields, sizes) {
    requireKeyForEachQuery(fields, sizes);
    const layer = llamaLayer(fields, sizes, { rotation: null, isGated: false });
    const scale = fields.boolean("scale_attn_weights", true) ? layer.attention.scale : 1;
    const isByLayer = fields.boolean("scale_attn_by_inverse_layer_idx", false);
    const layers = Array.from({ length: sizes.layerCount }, (_, i): LayerPlan => ({
      ...withAttention(layer, {
        inputBias: true,
        outputBias: true,
        scale: isByLayer ? scale / (i + 1) : scale,
      }),
      mlp: { ...layer.mlp, bias: true },
    }));
    const frame = llamaFrame(fields, "biased-layer", "layer_norm_eps");
    return { ...frame, learntPositions: { first: 0 }, layers };
  },
  tensors(sizes, places) {
    const { hiddenSize, intermediateSize, headCount, headDim } = sizes;
    const width = headCount * headDim;
    return gptTensors(places, (at) => {
      const matrix = (name: string, of: number, part = 0, rows = of) => (
        { name: `${at}.${name}`, first: part * rows, rows, of, isTransposed: true }
      );
      const input = (part: number) => matrix("attn.c_attn", 3 * width, part, width);
      return {
        query: input(0),
        key: input(1),
        value: input(2),
        attentionOutput: matrix("attn.c_proj", hiddenSize),
        up: matrix("mlp.c_fc", intermediateSize),
        down: matrix("mlp.c_proj", hiddenSize),
      };
    });
  },
};
