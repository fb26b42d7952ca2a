import type { Architecture } from "../architecture.ts";
import { readUpperWindows } from "../shared/layer_types.ts";
import { llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { headNorms, llamaTensors } from "../shared/llama_tensors.ts";

/** Qwen 3: each query and key head has a norm. Yang et al., "Qwen3 Technical Report" (2025). */
export const qwen3: Architecture = {
  name: "Qwen3ForCausalLM",
  modelType: "qwen3",
  defaults: {
    max_position_embeddings: 32768,
    num_key_value_heads: 32,
    head_dim: 128,
    hidden_act: "silu",
    rms_norm_eps: 1e-6,
    rope_theta: 10000,
    tie_word_embeddings: false,
    attention_bias: false,
    use_sliding_window: false,
    sliding_window: 4096,
    max_window_layers: 28,
    layer_types: null,
  },
  plan(fields, sizes) {
    const layer = withAttention(llamaLayer(fields, sizes), { headNorm: "each" });
    const layers = readUpperWindows(fields, sizes).map((window) =>
      withAttention(layer, { window })
    );
    return { ...llamaFrame(fields), layers };
  },
  tensors: (sizes, places) =>
    llamaTensors(sizes, places, (layer, prefix) => ({ ...layer, headNorms: headNorms(prefix) })),
};
