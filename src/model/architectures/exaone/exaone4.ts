import type { Fields } from "../../../format/json.ts";
import type { LayerPlan, ModelSizes } from "../../config.ts";
import type { Architecture } from "../architecture.ts";
import { olmoTensors } from "../olmo/shared.ts";
import { readCommonWindow, readLayerTypes, readWindow } from "../shared/layer_types.ts";
import { llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";

/**
 * EXAONE 4: norms behind attention and MLP, and of each head. In its larger models most layers see a window,
 * and those that see all positions do without rotations. LG AI Research, "EXAONE 4.0" (2025).
 */
export const exaone4: Architecture = {
  name: "Exaone4ForCausalLM",
  modelType: "exaone4",
  defaults: {
    max_position_embeddings: 2048,
    num_key_value_heads: 32,
    hidden_act: "silu",
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    tie_word_embeddings: false,
    sliding_window: 4096,
    sliding_window_pattern: 4,
    layer_types: null,
  },
  plan(fields, sizes) {
    const layer = withAttention(llamaLayer(fields, sizes), { headNorm: "each" });
    const layers = readHybridWindows(fields, sizes).map((attention) =>
      withAttention({ ...layer, norms: "after" }, attention)
    );
    return { ...llamaFrame(fields), layers };
  },
  tensors: olmoTensors,
};

/** What of the attention differs between layers: nothing, unless some see a window. */
function readHybridWindows(fields: Fields, sizes: ModelSizes): Partial<LayerPlan["attention"]>[] {
  if (fields.value("sliding_window") === undefined) {
    const window = readCommonWindow(fields, sizes);
    return Array.from({ length: sizes.layerCount }, () => ({ window }));
  }
  const window = readWindow(fields);
  const period = fields.value("layer_types") === undefined ? readPeriod(fields) : 1;
  return readLayerTypes(fields, sizes, period).map((type) =>
    type === "full_attention" ? { rotation: null } : { window }
  );
}

/** Files with a pattern of letters ("LLLG") name their layers' types too; by itself it means nothing. */
function readPeriod(fields: Fields): number {
  const key = "sliding_window_pattern";
  if (typeof fields.value(key) === "string") throw fields.fault(key, "an integer, or layer_types");
  return fields.integer(key, { min: 1, max: 2 ** 20 });
}
