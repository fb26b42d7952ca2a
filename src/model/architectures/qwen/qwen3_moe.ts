import type { Fields } from "../../../format/json.ts";
import type { Architecture } from "../architecture.ts";
import { expertTensors, readWeightsOf, withSparseExperts } from "../shared/experts.ts";
import { readWindow } from "../shared/layer_types.ts";
import { alike, llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { headNorms, llamaTensors } from "../shared/llama_tensors.ts";

/** Qwen 3 with experts, such as 30B-A3B. Yang et al., "Qwen3 Technical Report" (2025). */
export const qwen3Moe: Architecture = {
  name: "Qwen3MoeForCausalLM",
  modelType: "qwen3_moe",
  defaults: {
    max_position_embeddings: 32768,
    num_key_value_heads: 4,
    hidden_act: "silu",
    rms_norm_eps: 1e-6,
    rope_theta: 10000,
    tie_word_embeddings: false,
    attention_bias: false,
    use_sliding_window: false,
    sliding_window: 4096,
    decoder_sparse_step: 1,
    mlp_only_layers: null,
    moe_intermediate_size: 768,
    num_experts_per_tok: 8,
    num_local_experts: 128,
    norm_topk_prob: false,
    use_qk_norm: true,
  },
  otherNames: { num_experts: "num_local_experts" },
  plan(fields, sizes) {
    if (!fields.boolean("use_qk_norm", true)) throw fields.fault("use_qk_norm", "true");
    const window = readSwitchedWindow(fields);
    const layer = withAttention(llamaLayer(fields, sizes), { headNorm: "each", window });
    const layers = withSparseExperts(fields, sizes, alike(sizes, layer), {
      sizeKey: "moe_intermediate_size",
      weightsOf: readWeightsOf(fields),
    });
    return { ...llamaFrame(fields), layers };
  },
  tensors: (sizes, places) =>
    llamaTensors(sizes, places, (layer, prefix) => ({
      ...layer,
      headNorms: headNorms(prefix),
      experts: expertTensors(`${prefix}.mlp`),
    })),
};

/** That of all layers, where it is switched on. */
function readSwitchedWindow(fields: Fields): number | null {
  const isOn = fields.boolean("use_sliding_window", false);
  return isOn && fields.value("sliding_window") !== undefined ? readWindow(fields) : null;
}
