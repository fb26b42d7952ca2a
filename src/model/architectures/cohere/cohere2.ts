import type { Architecture } from "../architecture.ts";
import { readLayerTypes, readWindow } from "../shared/layer_types.ts";
import { withAttention } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";
import { COHERE_DEFAULTS, cohereFrame, cohereLayer } from "./shared.ts";

/**
 * Command R7B and Command A: three in four layers see a window and are rotated, the others see all positions and
 * are not. Cohere, "Command A" (2025).
 */
export const cohere2: Architecture = {
  name: "Cohere2ForCausalLM",
  modelType: "cohere2",
  defaults: {
    ...COHERE_DEFAULTS,
    rope_theta: 10000,
    sliding_window: 4096,
    sliding_window_pattern: 4,
    layer_types: null,
    position_embedding_type: "rope_gptj",
  },
  plan(fields, sizes) {
    const positions = "position_embedding_type";
    if (fields.text(positions) !== "rope_gptj") throw fields.fault(positions, '"rope_gptj"');
    const layer = cohereLayer(fields, sizes);
    const period = fields.integer("sliding_window_pattern", { min: 1, max: 1024 });
    const layers = readLayerTypes(fields, sizes, period).map((type) =>
      type === "full_attention"
        ? withAttention(layer, { rotation: null })
        : withAttention(layer, { window: readWindow(fields) })
    );
    return { ...cohereFrame(fields), layers };
  },
  tensors: llamaTensors,
};
