import type { Architecture } from "../architecture.ts";
import { expertsTogether, expertTensors, readExperts, withExperts } from "../shared/experts.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";
import { granite } from "./granite.ts";

const { mlp_bias: _, ...ofGranite } = granite.defaults;

/** Granite 3 with experts, such as 1B-A400M. Granite Team, "Granite 3.0 Language Models" (2024). */
export const graniteMoe: Architecture = {
  name: "GraniteMoeForCausalLM",
  modelType: "granitemoe",
  defaults: { ...ofGranite, num_experts_per_tok: 2, num_local_experts: 8 },
  plan(fields, sizes) {
    const plan = granite.plan(fields, sizes);
    const experts = readExperts(fields, { weightsOf: "chosen" });
    return { ...plan, layers: plan.layers.map((layer) => withExperts(layer, experts)) };
  },
  tensors: (sizes, places) =>
    llamaTensors(sizes, places, (layer, prefix) => {
      const module = `${prefix}.block_sparse_moe`;
      const fused = `${module}.input_linear.weight`;
      const { router, stored } = expertTensors(module, { router: `${module}.router.layer.weight` });
      const own = expertsTogether(fused, fused, `${module}.output_linear.weight`);
      return { ...layer, experts: { router, stored: [own, ...stored] } };
    }),
};
