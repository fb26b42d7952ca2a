import type { Fields } from "../../../format/json.ts";
import type { Architecture } from "../architecture.ts";
import { alike, llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";

/** Granite 3: a Llama with four factors. Granite Team, "Granite 3.0 Language Models" (2024). */
export const granite: Architecture = {
  name: "GraniteForCausalLM",
  modelType: "granite",
  defaults: {
    max_position_embeddings: 2048,
    hidden_act: "silu",
    rms_norm_eps: 1e-6,
    rope_theta: 10000,
    tie_word_embeddings: false,
    attention_bias: false,
    mlp_bias: false,
    attention_multiplier: 1,
    embedding_multiplier: 1,
    logits_scaling: 1,
    residual_multiplier: 1,
  },
  plan(fields, sizes) {
    const scale = readFactor(fields, "attention_multiplier");
    const layer = withAttention(llamaLayer(fields, sizes), { scale });
    const residualScale = readFactor(fields, "residual_multiplier");
    return {
      ...llamaFrame(fields),
      embeddingScale: readFactor(fields, "embedding_multiplier"),
      logitScale: 1 / readFactor(fields, "logits_scaling"),
      layers: alike(sizes, { ...layer, residualScale }),
    };
  },
  tensors: llamaTensors,
};

function readFactor(fields: Fields, key: string): number {
  return fields.number(key, { min: 1e-6, max: 1e6 });
}
