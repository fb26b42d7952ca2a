import type { Architecture } from "../architecture.ts";
import { alike, llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { olmoTensors } from "./shared.ts";

/** OLMo 2: norms behind attention and MLP, and of all queries and keys. OLMo et al., "2 OLMo 2 Furious" (2024). */
export const olmo2: Architecture = {
  name: "Olmo2ForCausalLM",
  modelType: "olmo2",
  defaults: {
    max_position_embeddings: 2048,
    hidden_act: "silu",
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    tie_word_embeddings: false,
    attention_bias: false,
  },
  plan(fields, sizes) {
    const layer = withAttention(llamaLayer(fields, sizes), { headNorm: "all" });
    return { ...llamaFrame(fields), layers: alike(sizes, { ...layer, norms: "after" }) };
  },
  tensors: olmoTensors,
};
