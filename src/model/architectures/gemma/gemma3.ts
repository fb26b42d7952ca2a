import type { Architecture } from "../architecture.ts";
import { GEMMA_DEFAULTS, gemmaFrame, gemmaLayer, gemmaTensors } from "./shared.ts";
import { readLayerTypes, readWindow } from "../shared/layer_types.ts";
import { withAttention } from "../shared/llama_plan.ts";
import { headNorms } from "../shared/llama_tensors.ts";
import { readRotationsByType } from "../shared/rope.ts";

/**
 * The text models of Gemma 3: norms of each head, and five of six layers see a window and have
 * rotations of their own. Gemma Team, "Gemma 3 Technical Report" (2025).
 */
export const gemma3: Architecture = {
  name: "Gemma3ForCausalLM",
  modelType: "gemma3_text",
  defaults: {
    ...GEMMA_DEFAULTS,
    max_position_embeddings: 131072,
    rope_theta: 1e6,
    rope_local_base_freq: 1e4,
    final_logit_softcapping: null,
    sliding_window_pattern: 6,
  },
  plan(fields, sizes) {
    const rotations = readRotationsByType(fields, sizes, "rope_local_base_freq");
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
  tensors: (sizes, places) => gemmaTensors(sizes, places, headNorms),
};
