import type { Architecture } from "../architecture.ts";
import { alike, withAttention } from "../shared/llama_plan.ts";
import { headNorms, llamaTensors } from "../shared/llama_tensors.ts";
import { COHERE_DEFAULTS, cohereFrame, cohereLayer } from "./shared.ts";

/** Command R, R+ and Aya 23: attention and MLP beside each other. Cohere, "Command R" (2024). */
export const cohere: Architecture = {
  name: "CohereForCausalLM",
  modelType: "cohere",
  defaults: { ...COHERE_DEFAULTS, rope_theta: 500000, use_qk_norm: false },
  plan(fields, sizes) {
    const layer = cohereLayer(fields, sizes);
    const headNorm = fields.boolean("use_qk_norm", false) ? "each-layer" : "none";
    return { ...cohereFrame(fields), layers: alike(sizes, withAttention(layer, { headNorm })) };
  },
  tensors: (sizes, places) =>
    llamaTensors(sizes, places, (layer, prefix) => ({ ...layer, headNorms: headNorms(prefix) })),
};
