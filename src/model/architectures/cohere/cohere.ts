import type { Architecture } from "../architecture.ts";
import { alike } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";
import { COHERE_DEFAULTS, cohereFrame, cohereLayer } from "./shared.ts";

/** Command R and Aya 23: attention and MLP beside each other. Cohere, "Command R" (2024). */
export const cohere: Architecture = {
  name: "CohereForCausalLM",
  modelType: "cohere",
  defaults: { ...COHERE_DEFAULTS, rope_theta: 500000 },
  plan: (fields, sizes) => ({
    ...cohereFrame(fields),
    layers: alike(sizes, cohereLayer(fields, sizes)),
  }),
  tensors: llamaTensors,
};
