import type { Architecture } from "../architecture.ts";
import { mistral } from "./mistral.ts";
import { readWindows } from "../shared/layer_types.ts";
import { llamaFrame, llamaLayer, withAttention } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";

/**
 * Ministral 8B: a Mistral of which some layers may see all positions. Mistral AI, "Un Ministral, des
 * Ministraux" (2024).
 */
export const ministral: Architecture = {
  name: "MinistralForCausalLM",
  modelType: "ministral",
  defaults: mistral.defaults,
  plan(fields, sizes) {
    const layer = llamaLayer(fields, sizes);
    const layers = readWindows(fields, sizes).map((window) => withAttention(layer, { window }));
    return { ...llamaFrame(fields), layers };
  },
  tensors: llamaTensors,
};
