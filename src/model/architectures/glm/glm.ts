import type { Architecture } from "../architecture.ts";
import { alike, llamaFrame } from "../shared/llama_plan.ts";
import { GLM_DEFAULTS, glmLayer, glmTensors } from "./shared.ts";

/** GLM-4 of 2024: a part of each head is rotated, neighbours with each other. Team GLM, "ChatGLM" (2024). */
export const glm: Architecture = {
  name: "GlmForCausalLM",
  modelType: "glm",
  defaults: GLM_DEFAULTS,
  plan: (fields, sizes) => ({
    ...llamaFrame(fields),
    layers: alike(sizes, glmLayer(fields, sizes)),
  }),
  tensors: (sizes, places) => glmTensors(sizes, places),
};
