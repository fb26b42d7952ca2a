import type { Fields } from "../../../format/json.ts";
import type { ModelSizes } from "../../config.ts";
import type { Architecture } from "../architecture.ts";
import { readLayerTypes } from "../shared/layer_types.ts";
import { alike, withAttention } from "../shared/llama_plan.ts";
import { fusedGateAndUp, llamaTensors } from "../shared/llama_tensors.ts";
import { granite } from "./granite.ts";

/**
 * Those of Granite 4 that have neither Mamba layers nor experts: Granite 3 under other names, and with
 * `position_embedding_type` null without rotations. Granite Team, "Granite 4.0" (2025).
 */
export const graniteHybrid: Architecture = {
  name: "GraniteMoeHybridForCausalLM",
  modelType: "granitemoehybrid",
  defaults: {
    ...granite.defaults,
    num_local_experts: 8,
    shared_intermediate_size: 1024,
    position_embedding_type: null,
    layer_types: null,
  },
  otherNames: { layers_block_type: "layer_types" },
  plan(fields, sizes) {
    refuseExperts(fields, sizes);
    refuseMamba(fields, sizes);
    const plan = granite.plan(fields, sizes);
    if (readIsRotated(fields)) return plan;
    return { ...plan, layers: alike(sizes, withAttention(plan.layers[0], { rotation: null })) };
  },
  tensors: (sizes, places) =>
    llamaTensors(sizes, places, (layer, prefix) => ({
      ...layer,
      ...fusedGateAndUp(`${prefix}.shared_mlp.input_linear`, sizes),
      down: { ...layer.down, name: `${prefix}.shared_mlp.output_linear` },
    })),
};

function refuseExperts(fields: Fields, { intermediateSize }: ModelSizes): void {
  const experts = fields.integer("num_local_experts", { min: 0, max: 2 ** 20 });
  if (experts > 0) throw fields.fault("num_local_experts", "0", "experts are not supported");
  const shared = fields.integer("shared_intermediate_size", { min: 8, max: 2 ** 20 });
  if (shared === intermediateSize) return;
  throw fields.fault("shared_intermediate_size", `intermediate_size, ${intermediateSize}`);
}

/** Without `layer_types` all layers are of the other kind. */
function refuseMamba(fields: Fields, sizes: ModelSizes): void {
  const types = fields.value("layer_types");
  if (types === undefined) {
    throw fields.fault("layer_types", "a list", "layers of Mamba are not supported");
  }
  const names = Array.isArray(types)
    ? types.map((type) => type === "attention" ? "full_attention" : type)
    : types;
  if (Array.isArray(names) && names.includes("mamba")) {
    throw fields.fault("layer_types", '"attention" alone', "layers of Mamba are not supported");
  }
  readLayerTypes(fields.withValues({ layer_types: names }), sizes, 1, ["full_attention"]);
}

function readIsRotated(fields: Fields): boolean {
  const key = "position_embedding_type";
  const type = fields.value(key);
  if (type === undefined || type === "nope") return false;
  if (type === "rope") return true;
  throw fields.fault(key, '"rope" or "nope"');
}
