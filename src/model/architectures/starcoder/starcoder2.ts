import type { Architecture } from "../architecture.ts";
import { readCommonWindow } from "../shared/layer_types.ts";
import { alike, llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";

/** StarCoder 2: LayerNorms, an MLP without gates, biases and a window. Lozhkov et al., "StarCoder 2" (2024). */
export const starcoder2: Architecture = {
  name: "Starcoder2ForCausalLM",
  modelType: "starcoder2",
  defaults: {
    max_position_embeddings: 4096,
    hidden_act: "gelu_pytorch_tanh",
    norm_epsilon: 1e-5,
    rope_theta: 10000,
    tie_word_embeddings: true,
    use_bias: true,
    num_key_value_heads: 2,
    sliding_window: null,
    layer_types: null,
  },
  plan(fields, sizes) {
    const bias = fields.boolean("use_bias", true);
    const window = readCommonWindow(fields, sizes);
    const layer = llamaLayer(fields, sizes, { isGated: false });
    const attention = { inputBias: bias, outputBias: bias, window };
    const plan = { ...withAttention(layer, attention), mlp: { ...layer.mlp, bias } };
    return { ...llamaFrame(fields, "biased-layer", "norm_epsilon"), layers: alike(sizes, plan) };
  },
  tensors: (sizes, places) =>
    llamaTensors(sizes, places, ({ gate: _, up, down, ...layer }, prefix) => ({
      ...layer,
      up: { ...up, name: `${prefix}.mlp.c_fc` },
      down: { ...down, name: `${prefix}.mlp.c_proj` },
    })),
};
