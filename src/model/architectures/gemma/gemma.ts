import type { Fields } from "../../../format/json.ts";
import type { Architecture } from "../architecture.ts";
import { alike, llamaLayer } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";
import { gemmaFrame } from "./shared.ts";

/** Gemma: a Llama with GELU, whose embeddings are scaled. Gemma Team, "Gemma" (2024). */
export const gemma: Architecture = {
  name: "GemmaForCausalLM",
  modelType: "gemma",
  defaults: {
    max_position_embeddings: 8192,
    num_key_value_heads: 16,
    head_dim: 256,
    hidden_act: "gelu_pytorch_tanh",
    rms_norm_eps: 1e-6,
    rope_theta: 10000,
    tie_word_embeddings: true,
    attention_bias: false,
  },
  plan(fields, sizes) {
    const layer = llamaLayer(withActivation(fields), sizes);
    return { ...gemmaFrame(fields, sizes), layers: alike(sizes, layer) };
  },
  tensors: (sizes, places) => ({ ...llamaTensors(sizes, places), normOffset: 1 }),
};

/** The first files call "gelu" what is its approximation by tanh. */
function withActivation(fields: Fields): Fields {
  const isNamedSo = fields.value("hidden_act") === "gelu";
  return isNamedSo ? fields.withValues({ hidden_act: "gelu_pytorch_tanh" }) : fields;
}
