import type { Fields } from "../../format/json.ts";
import type { Rotation } from "../config.ts";
import type { Architecture } from "./architecture.ts";
import { readCommonWindow } from "./shared/layer_types.ts";
import { alike, llamaFrame, llamaLayer, withAttention } from "./shared/llama_plan.ts";
import { llamaTensors } from "./shared/llama_tensors.ts";
import { readRotation, rotarySettings } from "./shared/rope.ts";

/** Key of β. */
const GROWTH = "llama_4_scaling_beta";

/**
 * Ministral 3: a Mistral whose queries grow by 1 + β · ln(1 + ⌊position / original context⌋). Within the
 * original context that is 1, and there the context ends. Liu et al., "Ministral 3" (2026).
 */
export const ministral3: Architecture = {
  name: "Ministral3ForCausalLM",
  modelType: "ministral3",
  defaults: {
    max_position_embeddings: 262144,
    num_key_value_heads: 8,
    head_dim: 128,
    hidden_act: "silu",
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    rope_parameters: {
      rope_type: "yarn",
      rope_theta: 1e6,
      factor: 16,
      original_max_position_embeddings: 16384,
      beta_fast: 32,
      beta_slow: 1,
      mscale: 1,
      mscale_all_dim: 1,
      [GROWTH]: 0.1,
    },
    tie_word_embeddings: false,
    sliding_window: null,
    layer_types: null,
  },
  plan(fields, sizes) {
    const rotation = readRotation(fields, sizes, { ownKeys: [GROWTH, "max_position_embeddings"] });
    const window = readCommonWindow(fields, sizes);
    const layer = withAttention(llamaLayer(fields, sizes, { rotation }), { window });
    return {
      ...llamaFrame(fields),
      layers: alike(sizes, layer),
      contextLimit: readContextLimit(fields, rotation),
    };
  },
  tensors: llamaTensors,
};

/** How many positions there are before queries grow; null if they never do. */
function readContextLimit(fields: Fields, { scaling }: Rotation): number | null {
  const settings = rotarySettings(fields);
  if (!settings) throw fields.fault("rope_parameters", "an object");
  if (settings.number(GROWTH, { min: 0, max: 1e3 }) === 0) return null;
  if (scaling?.type === "yarn") return scaling.originalContextLength;
  throw settings.fault("rope_type", '"yarn"', `other types have no ${GROWTH}`);
}
