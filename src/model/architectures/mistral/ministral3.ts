import type { Fields } from "../../../format/json.ts";
import type { QueryGrowth } from "../../../ops/heads.ts";
import type { Rotation } from "../../config.ts";
import type { Architecture } from "../architecture.ts";
import { readCommonWindow } from "../shared/layer_types.ts";
import { alike, llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";
import { readRotation, rotarySettings } from "../shared/rope.ts";

/** Key of β. */
const GROWTH = "llama_4_scaling_beta";

/**
 * Ministral 3: a Mistral whose queries grow behind the original context. Liu et al., "Ministral 3" (2026).
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
    const queryGrowth = readQueryGrowth(fields, rotation);
    const layer = withAttention(llamaLayer(fields, sizes, { rotation }), { window, queryGrowth });
    return { ...llamaFrame(fields), layers: alike(sizes, layer) };
  },
  tensors: llamaTensors,
};

/** How queries grow each time that a text has outgrown the original context; null if they never do. */
function readQueryGrowth(fields: Fields, { scaling }: Rotation): QueryGrowth | null {
  const settings = rotarySettings(fields);
  if (!settings) throw fields.fault("rope_parameters", "an object");
  const rate = settings.number(GROWTH, { min: 0, max: 1e3 });
  if (rate === 0) return null;
  if (scaling?.type === "yarn") return { rate, after: scaling.originalContextLength };
  throw settings.fault("rope_type", '"yarn"', `other types have no ${GROWTH}`);
}
