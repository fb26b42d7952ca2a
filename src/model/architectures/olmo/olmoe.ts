import type { Architecture } from "../architecture.ts";
import { expertTensors, readExperts, readWeightsOf, withExperts } from "../shared/experts.ts";
import { alike, llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { headNorms, llamaTensors } from "../shared/llama_tensors.ts";

/** OLMoE: experts, and norms of all queries and keys. Muennighoff et al., "OLMoE" (2024). */
export const olmoe: Architecture = {
  name: "OlmoeForCausalLM",
  modelType: "olmoe",
  defaults: {
    max_position_embeddings: 4096,
    hidden_act: "silu",
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    tie_word_embeddings: false,
    attention_bias: false,
    num_experts_per_tok: 8,
    num_local_experts: 64,
    norm_topk_prob: false,
  },
  otherNames: { num_experts: "num_local_experts" },
  plan(fields, sizes) {
    const dense = withAttention(llamaLayer(fields, sizes), { headNorm: "all" });
    const experts = readExperts(fields, { weightsOf: readWeightsOf(fields) });
    return { ...llamaFrame(fields), layers: alike(sizes, withExperts(dense, experts)) };
  },
  tensors: (sizes, places) =>
    llamaTensors(sizes, places, (layer, prefix) => ({
      ...layer,
      headNorms: headNorms(prefix),
      experts: expertTensors(`${prefix}.mlp`),
    })),
};
