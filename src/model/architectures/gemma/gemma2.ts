import type { Architecture } from "../architecture.ts";
import { GEMMA_DEFAULTS, gemmaFrame, gemmaLayer, gemmaTensors, readSoftCap } from "./shared.ts";
import { readLayerTypes, readWindow } from "../shared/layer_types.ts";
import { withAttention } from "../shared/llama_plan.ts";

/** Gemma 2: bounded logits, and every other layer sees a window. Gemma Team, "Gemma 2" (2024). */
export const gemma2: Architecture = {
  name: "Gemma2ForCausalLM",
  modelType: "gemma2",
  defaults: {
    ...GEMMA_DEFAULTS,
    max_position_embeddings: 8192,
    rope_theta: 10000,
    attn_logit_softcapping: 50,
    final_logit_softcapping: 30,
  },
  plan(fields, sizes) {
    const softCap = readSoftCap(fields, "attn_logit_softcapping");
    const layer = withAttention(gemmaLayer(fields, sizes), { softCap });
    const layers = readLayerTypes(fields, sizes, 2).map((type) =>
      type === "full_attention" ? layer : withAttention(layer, { window: readWindow(fields) })
    );
    return { ...gemmaFrame(fields, sizes), layers };
  },
  tensors: gemmaTensors,
};
