import type { Architecture } from "../architecture.ts";
import { expertTensors, readExperts, withExperts } from "../shared/experts.ts";
import { mistral } from "./mistral.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";

/** Mixtral: Mistral with experts. Jiang et al., "Mixtral of Experts" (2024). */
export const mixtral: Architecture = {
  name: "MixtralForCausalLM",
  modelType: "mixtral",
  defaults: {
    max_position_embeddings: 131072,
    num_key_value_heads: 8,
    hidden_act: "silu",
    rms_norm_eps: 1e-5,
    rope_theta: 1e6,
    tie_word_embeddings: false,
    sliding_window: null,
    layer_types: null,
    num_experts_per_tok: 2,
    num_local_experts: 8,
  },
  otherNames: { num_experts: "num_local_experts" },
  plan(fields, sizes) {
    const plan = mistral.plan(fields, sizes);
    const experts = readExperts(fields, { weightsOf: "chosen" });
    return { ...plan, layers: plan.layers.map((layer) => withExperts(layer, experts)) };
  },
  tensors: (sizes, places) =>
    llamaTensors(sizes, places, (layer, prefix) => ({
      ...layer,
      experts: expertTensors(`${prefix}.block_sparse_moe`, { names: ["w1", "w3", "w2"] }),
    })),
};
