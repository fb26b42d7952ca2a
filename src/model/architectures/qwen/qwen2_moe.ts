import type { Architecture } from "../architecture.ts";
import { expertTensors, readWeightsOf, withSparseExperts } from "../shared/experts.ts";
import { readSwitchedWindows } from "../shared/layer_types.ts";
import { llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";

/**
 * Qwen 1.5 and 2 with experts, one of which all rows have. Yang et al., "Qwen2 Technical Report" (2024).
 */
export const qwen2Moe: Architecture = {
  name: "Qwen2MoeForCausalLM",
  modelType: "qwen2_moe",
  defaults: {
    max_position_embeddings: 32768,
    num_key_value_heads: 16,
    hidden_act: "silu",
    rms_norm_eps: 1e-6,
    rope_theta: 10000,
    tie_word_embeddings: false,
    qkv_bias: true,
    use_sliding_window: false,
    sliding_window: 4096,
    max_window_layers: 28,
    layer_types: null,
    decoder_sparse_step: 1,
    mlp_only_layers: null,
    moe_intermediate_size: 1408,
    shared_expert_intermediate_size: 5632,
    num_experts_per_tok: 4,
    num_experts: 60,
    norm_topk_prob: false,
  },
  plan(fields, sizes) {
    const inputBias = fields.boolean("qkv_bias", true);
    const layer = withAttention(llamaLayer(fields, sizes), { inputBias });
    const end = () => fields.integer("max_window_layers", { min: 0, max: 2 ** 20 });
    const isEven = (i: number) => i % 2 === 0;
    const windows = readSwitchedWindows(fields, sizes, (i) => isEven(i) && i < end());
    const dense = windows.map((window) => withAttention(layer, { window }));
    const layers = withSparseExperts(fields, sizes, dense, {
      countKey: "num_experts",
      sizeKey: "moe_intermediate_size",
      weightsOf: readWeightsOf(fields),
      sharedKey: "shared_expert_intermediate_size",
    });
    return { ...llamaFrame(fields), layers };
  },
  tensors: (sizes, places) =>
    llamaTensors(sizes, places, (layer, prefix) => {
      const shared = (part: string) => `${prefix}.mlp.shared_expert.${part}_proj.weight`;
      return {
        ...layer,
        experts: {
          ...expertTensors(`${prefix}.mlp`),
          shared: {
            router: `${prefix}.mlp.shared_expert_gate.weight`,
            gate: shared("gate"),
            up: shared("up"),
            down: shared("down"),
          },
        },
      };
    }),
};
