import type { Fields } from "../../../format/json.ts";
import type { ModelSizes, Rotation } from "../../config.ts";
import type { Architecture } from "../architecture.ts";
import { alike, llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";
import { readRotation, rotarySettings } from "../shared/rope.ts";

/** Settings beside rope type `dynamic`: α stretches the base, and the others change nothing. */
const OWN_SETTINGS = ["alpha", "beta_fast", "beta_slow", "mscale", "mscale_all_dim"];

/** The dense ones of HunYuan: each head has a norm behind its rotation. Tencent, "Hunyuan-7B" (2025). */
export const hunyuanDense: Architecture = {
  name: "HunYuanDenseV1ForCausalLM",
  modelType: "hunyuan_v1_dense",
  defaults: {
    max_position_embeddings: 2048,
    hidden_act: "silu",
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    tie_word_embeddings: false,
    attention_bias: false,
    use_qk_norm: true,
  },
  plan(fields, sizes) {
    if (!fields.boolean("use_qk_norm", true)) throw fields.fault("use_qk_norm", "true");
    const rotation = readStretchedRotation(fields, sizes);
    const layer = llamaLayer(fields, sizes, { rotation });
    const layers = alike(sizes, withAttention(layer, { headNorm: "each-rotated" }));
    return { ...llamaFrame(fields), layers };
  },
  tensors: (sizes, places) =>
    llamaTensors(sizes, places, (layer, prefix) => ({
      ...layer,
      headNorms: {
        query: `${prefix}.self_attn.query_layernorm.weight`,
        key: `${prefix}.self_attn.key_layernorm.weight`,
      },
    })),
};

/** A rotation that keeps the length of heads, since the norm behind it is computed of what comes before it. */
function readStretchedRotation(fields: Fields, sizes: ModelSizes): Rotation {
  const rotation = readRotation(fields, sizes, { ownKeys: OWN_SETTINGS });
  const settings = rotarySettings(fields);
  const key = settings?.value("rope_type") === undefined ? "type" : "rope_type";
  if (rotation.scaling && "attentionFactor" in rotation.scaling) {
    throw settings!.fault(
      key,
      '"linear", "llama3" or "dynamic"',
      "a norm behind a rotation that scales heads is not supported",
    );
  }
  if (settings?.value(key) !== "dynamic" || !settings.value("alpha")) return rotation;
  const { theta, dimensions } = rotation;
  const alpha = settings.number("alpha", { min: 1e-6, max: 1e6 });
  return { ...rotation, theta: theta * alpha ** (dimensions / (dimensions - 2)) };
}
