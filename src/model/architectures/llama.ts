import type { Architecture } from "./architecture.ts";
import { llamaTensors } from "./llama_tensors.ts";

/** Touvron et al., "LLaMA" (2023), and what followed it. */
export const llama: Architecture = {
  name: "LlamaForCausalLM",
  plan: () => {
    throw new Error("pending");
  },
  tensors: llamaTensors,
};
