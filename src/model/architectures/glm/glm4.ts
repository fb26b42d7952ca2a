import type { Architecture } from "../architecture.ts";
import { alike, llamaFrame } from "../shared/llama_plan.ts";
import { GLM_DEFAULTS, glmLayer, glmTensors } from "./shared.ts";

/** GLM-4 of 2025: norms stand behind attention and MLP, too. Z.ai, "GLM-4-0414" (2025). */
export const glm4: Architecture = {
  name: "Glm4ForCausalLM",
  modelType: "glm4",
  defaults: GLM_DEFAULTS,
  plan: (fields, sizes) => ({
    ...llamaFrame(fields),
    layers: alike(sizes, { ...glmLayer(fields, sizes), norms: "both" }),
  }),
  tensors: (sizes, places) =>
    glmTensors(sizes, places, (prefix) => ({
      afterAttention: `${prefix}.post_self_attn_layernorm.weight`,
      afterMlp: `${prefix}.post_mlp_layernorm.weight`,
    })),
};
