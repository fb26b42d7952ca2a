import type { Architecture } from "../architecture.ts";
import { alike, llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";
import { readRotation } from "../shared/rope.ts";

/** The dense ones of ERNIE 4.5: a Llama that rotates neighbours. Baidu, "ERNIE 4.5" (2025). */
export const ernie4_5: Architecture = {
  name: "Ernie4_5ForCausalLM",
  modelType: "ernie4_5",
  defaults: {
    max_position_embeddings: 131072,
    num_key_value_heads: 2,
    head_dim: 128,
    hidden_act: "silu",
    rms_norm_eps: 1e-5,
    rope_theta: 500000,
    tie_word_embeddings: true,
    use_bias: false,
  },
  plan(fields, sizes) {
    const bias = fields.boolean("use_bias", false);
    const rotation = readRotation(fields, sizes, { interleaved: true });
    const biased = { inputBias: bias, outputBias: bias };
    const layer = withAttention(llamaLayer(fields, sizes, { rotation }), biased);
    const layers = alike(sizes, { ...layer, mlp: { ...layer.mlp, bias } });
    return { ...llamaFrame(fields), layers };
  },
  tensors: llamaTensors,
};
