import type { Architecture } from "../architecture.ts";
import { readCommonWindow } from "../shared/layer_types.ts";
import { alike, llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { fusedGateAndUp, llamaTensors } from "../shared/llama_tensors.ts";
import { readRotation } from "../shared/rope.ts";

/** What the first files called the rope type, which is not what other architectures call so. */
const OLDER_NAMES = new Map([["su", "longrope"], ["yarn", "longrope"]]);

/** Phi 3 and 4 mini: fused tensors, and a part of each head is rotated. Abdin et al., "Phi-3" (2024). */
export const phi3: Architecture = {
  name: "Phi3ForCausalLM",
  modelType: "phi3",
  defaults: {
    max_position_embeddings: 4096,
    hidden_act: "silu",
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    partial_rotary_factor: 1,
    original_max_position_embeddings: 4096,
    tie_word_embeddings: false,
    sliding_window: null,
    layer_types: null,
  },
  plan(fields, sizes) {
    const window = readCommonWindow(fields, sizes);
    const rotation = readRotation(fields, sizes, { leastPart: 0, typeNames: OLDER_NAMES });
    const layer = withAttention(llamaLayer(fields, sizes, { rotation }), { window });
    return { ...llamaFrame(fields), layers: alike(sizes, layer) };
  },
  tensors: (sizes, places) =>
    llamaTensors(sizes, places, (layer, prefix) => {
      const { headCount, kvHeadCount, headDim } = sizes;
      const [queries, keys] = [headCount * headDim, kvHeadCount * headDim];
      const heads = { name: `${prefix}.self_attn.qkv_proj`, of: queries + 2 * keys };
      return {
        ...layer,
        query: { ...heads, first: 0, rows: queries },
        key: { ...heads, first: queries, rows: keys },
        value: { ...heads, first: queries + keys, rows: keys },
        ...fusedGateAndUp(`${prefix}.mlp.gate_up_proj`, sizes),
      };
    }),
};
