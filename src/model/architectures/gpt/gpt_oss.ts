import type { Fields } from "../../../format/json.ts";
import type { ExpertsPlan } from "../../config.ts";
import type { Architecture, ExpertTensors } from "../architecture.ts";
import { expertsTogether, readExperts, withExperts } from "../shared/experts.ts";
import { readLayerTypes, readWindow } from "../shared/layer_types.ts";
import { llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";

/** Bounds of what gates are clamped with. */
const POSITIVE = { min: 1e-3, max: 1e6 };

/**
 * gpt-oss: experts with biases and clamped gates, attention with sinks, and a window in every other layer. OpenAI,
 * "gpt-oss-120b & gpt-oss-20b Model Card" (2025).
 */
export const gptOss: Architecture = {
  name: "GptOssForCausalLM",
  modelType: "gpt_oss",
  defaults: {
    max_position_embeddings: 131072,
    num_key_value_heads: 8,
    head_dim: 64,
    hidden_act: "silu",
    rms_norm_eps: 1e-5,
    rope_theta: 150000,
    rope_parameters: {
      rope_type: "yarn",
      factor: 32,
      beta_fast: 32,
      beta_slow: 1,
      truncate: false,
      original_max_position_embeddings: 4096,
    },
    tie_word_embeddings: false,
    attention_bias: true,
    sliding_window: 128,
    layer_types: null,
    num_experts_per_tok: 4,
    num_local_experts: 128,
    swiglu_alpha: 1.702,
    swiglu_limit: 7,
  },
  otherNames: { num_experts: "num_local_experts" },
  plan(fields, sizes) {
    const layer = withExperts(llamaLayer(fields, sizes), readClampedExperts(fields));
    const layers = readLayerTypes(fields, sizes, 2).map((type) =>
      withAttention(layer, {
        sinks: true,
        window: type === "full_attention" ? null : readWindow(fields),
      })
    );
    return { ...llamaFrame(fields), layers };
  },
  tensors: (sizes, places) =>
    llamaTensors(sizes, places, (layer, prefix) => ({
      ...layer,
      sinks: `${prefix}.self_attn.sinks`,
      experts: clampedExperts(`${prefix}.mlp`),
    })),
};

function readClampedExperts(fields: Fields): ExpertsPlan {
  return {
    ...readExperts(fields, { weightsOf: "chosen" }),
    bias: true,
    clampedGates: {
      limit: fields.number("swiglu_limit", POSITIVE),
      alpha: fields.number("swiglu_alpha", POSITIVE),
    },
  };
}

/** Where files have the experts of a module: as the transformers library has them, and as MLX writes them. */
function clampedExperts(module: string): ExpertTensors {
  const [inputs, gate, up, down] = ["gate_up_proj", "gate_proj", "up_proj", "down_proj"]
    .map((part) => `${module}.experts.${part}`);
  return {
    router: `${module}.router.weight`,
    routerBias: `${module}.router.bias`,
    stored: [{
      ...expertsTogether(inputs, inputs, down),
      alternate: true,
      areTransposed: true,
      biases: { inputs: [`${inputs}_bias`], down: `${down}_bias` },
    }, {
      ...expertsTogether(`${gate}.weight`, `${up}.weight`, `${down}.weight`),
      biases: { inputs: [`${gate}.bias`, `${up}.bias`], down: `${down}.bias` },
    }],
  };
}
