import type { Architecture } from "../architecture.ts";
import { readUpperWindows } from "../shared/layer_types.ts";
import { llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";

/** Qwen 2 and 2.5: queries, keys and values have a bias. Yang et al., "Qwen2 Technical Report" (2024). */
export const qwen2: Architecture = {
  name: "Qwen2ForCausalLM",
  modelType: "qwen2",
  defaults: {
    max_position_embeddings: 32768,
    num_key_value_heads: 32,
    hidden_act: "silu",
    rms_norm_eps: 1e-6,
    rope_theta: 10000,
    tie_word_embeddings: false,
    use_sliding_window: false,
    sliding_window: 4096,
    max_window_layers: 28,
    layer_types: null,
  },
  plan(fields, sizes) {
    const layer = withAttention(llamaLayer(fields, sizes), { inputBias: true });
    const layers = readUpperWindows(fields, sizes).map((window) =>
      withAttention(layer, { window })
    );
    return { ...llamaFrame(fields), layers };
  },
  tensors: llamaTensors,
};
