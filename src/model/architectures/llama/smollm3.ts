import type { Fields } from "../../../format/json.ts";
import type { Architecture } from "../architecture.ts";
import { readSwitchedWindows } from "../shared/layer_types.ts";
import { llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";

/**
 * SmolLM3: some layers, every fourth as a rule, do without rotations, and these may see a window only.
 * Bakouch et al., "SmolLM3" (2025).
 */
export const smollm3: Architecture = {
  name: "SmolLM3ForCausalLM",
  modelType: "smollm3",
  defaults: {
    max_position_embeddings: 32768,
    num_key_value_heads: 4,
    hidden_act: "silu",
    rms_norm_eps: 1e-6,
    rope_theta: 2e6,
    tie_word_embeddings: true,
    attention_bias: false,
    mlp_bias: false,
    no_rope_layers: null,
    no_rope_layer_interval: 4,
    use_sliding_window: false,
    sliding_window: null,
    layer_types: null,
  },
  plan(fields, sizes) {
    const rotated = readRotatedLayers(fields, sizes.layerCount);
    const layer = llamaLayer(fields, sizes);
    const windows = readSwitchedWindows(fields, sizes, (i) => !rotated[i]);
    const layers = windows.map((window, i) =>
      withAttention(layer, rotated[i] ? { window } : { window, rotation: null })
    );
    return { ...llamaFrame(fields), layers };
  },
  tensors: llamaTensors,
};

/** Which layers are rotated: `no_rope_layers` has 1, against its name, for those that are. */
function readRotatedLayers(fields: Fields, layerCount: number): boolean[] {
  const flags = fields.value("no_rope_layers");
  if (flags === undefined) {
    const interval = fields.integer("no_rope_layer_interval", { min: 1, max: 2 ** 20 });
    return Array.from({ length: layerCount }, (_, i) => (i + 1) % interval !== 0);
  }
  if (!Array.isArray(flags) || flags.length < layerCount) {
    throw fields.fault("no_rope_layers", `a list of ${layerCount}, one for each layer`);
  }
  const wrong = flags.findIndex((flag) => ![0, 1, false, true].includes(flag));
  if (wrong < 0) return flags.map(Boolean);
  throw fields.entryFault("no_rope_layers", wrong, flags[wrong], "1 or 0");
}
