import type { Architecture } from "../architecture.ts";
import { readLayerTypes, readWindow } from "../shared/layer_types.ts";
import { llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { olmoTensors } from "./shared.ts";
import { readRotationsByType } from "../shared/rope.ts";

/**
 * OLMo 3: an OLMo 2 of which three in four layers see a window and have rotations of their own. OLMo et al.,
 * "Olmo 3" (2025).
 */
export const olmo3: Architecture = {
  name: "Olmo3ForCausalLM",
  modelType: "olmo3",
  defaults: {
    max_position_embeddings: 2048,
    hidden_act: "silu",
    rms_norm_eps: 1e-5,
    rope_theta: 500000,
    tie_word_embeddings: false,
    attention_bias: false,
    sliding_window: 4096,
    layer_types: null,
  },
  plan(fields, sizes) {
    // At the top level rope_theta holds for all layers; transformers 5.24 lets it hold for full attention alone.
    const rotations = readRotationsByType(fields, sizes, "rope_theta");
    const layers = readLayerTypes(fields, sizes, 4).map((type) => {
      const layer = llamaLayer(fields, sizes, { rotation: rotations[type] });
      const window = type === "full_attention" ? null : readWindow(fields);
      return withAttention({ ...layer, norms: "after" }, { headNorm: "all", window });
    });
    return { ...llamaFrame(fields), layers };
  },
  tensors: olmoTensors,
};
