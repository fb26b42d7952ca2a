import type { Architecture } from "../architecture.ts";
import { readCommonWindow } from "../shared/layer_types.ts";
import { alike, llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";

/** Mistral 7B and Ministral 8B: a Llama whose rows may see a window only. Jiang et al., "Mistral 7B" (2023). */
export const mistral: Architecture = {
  name: "MistralForCausalLM",
  modelType: "mistral",
  defaults: {
    max_position_embeddings: 131072,
    num_key_value_heads: 8,
    hidden_act: "silu",
    rms_norm_eps: 1e-6,
    rope_theta: 10000,
    tie_word_embeddings: false,
    sliding_window: 4096,
    layer_types: null,
  },
  plan(fields, sizes) {
    const window = readCommonWindow(fields, sizes);
    const layer = withAttention(llamaLayer(fields, sizes), { window });
    return { ...llamaFrame(fields), layers: alike(sizes, layer) };
  },
  tensors: llamaTensors,
};
