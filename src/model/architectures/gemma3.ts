import type { Fields, JsonObject } from "../../format/json.ts";
import type { ModelSizes, Rotation } from "../config.ts";
import type { Architecture } from "./architecture.ts";
import { GEMMA_DEFAULTS, gemmaFrame, gemmaLayer, gemmaTensors } from "./shared/gemma.ts";
import { type LayerType, readLayerTypes, readWindow } from "./shared/layer_types.ts";
import { withAttention } from "./shared/llama_plan.ts";
import { headNorms } from "./shared/llama_tensors.ts";
import { filled, readRotationOfType } from "./shared/rope.ts";

/**
 * The text models of Gemma 3: norms of each head, and five of six layers see a window and have
 * rotations of their own. Gemma Team, "Gemma 3 Technical Report" (2025).
 */
export const gemma3: Architecture = {
  name: "Gemma3ForCausalLM",
  modelType: "gemma3_text",
  defaults: {
    ...GEMMA_DEFAULTS,
    rope_theta: 1e6,
    rope_local_base_freq: 1e4,
    final_logit_softcapping: null,
    sliding_window_pattern: 6,
  },
  plan(fields, sizes) {
    const rotations = readRotations(fields, sizes);
    const attention = { headNorm: "each" } as const;
    const full = gemmaLayer(fields, sizes, rotations.full_attention);
    const sliding = gemmaLayer(fields, sizes, rotations.sliding_attention);
    const period = fields.integer("sliding_window_pattern", { min: 1, max: 2 ** 20 });
    const layers = readLayerTypes(fields, sizes, period).map((type) =>
      type === "full_attention"
        ? withAttention(full, attention)
        : withAttention(sliding, { ...attention, window: readWindow(fields) })
    );
    return { ...gemmaFrame(fields, sizes), layers };
  },
  tensors: (sizes) => gemmaTensors(sizes, headNorms),
};

/**
 * The rotations of each type of layer, which `rope_parameters` holds by type. In the older spelling
 * `rope_scaling` is that of the layers that see all positions; where both stand, it completes them.
 */
function readRotations(fields: Fields, sizes: ModelSizes): Record<LayerType, Rotation> {
  const byType = filled(fields, "rope_parameters");
  const types: readonly string[] = ["full_attention", "sliding_attention"];
  const unknown = byType?.keys().find((key) => !types.includes(key));
  if (unknown !== undefined) throw byType!.fault(unknown, "nothing beside the types of layers");
  const ofFull = byType && filled(byType, "full_attention");
  const scaling = filled(fields, "rope_scaling");
  const full = scaling?.withDefaults((byType?.value("full_attention") ?? {}) as JsonObject);
  const ofSliding = byType && filled(byType, "sliding_attention");
  return {
    full_attention: readRotationOfType(full ?? ofFull, fields, sizes),
    sliding_attention: readRotationOfType(ofSliding, fields, sizes, "rope_local_base_freq"),
  };
}
