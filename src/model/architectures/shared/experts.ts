/** Mixtures of experts: how many there are, how wide they are, and where files have them. */

import type { Fields } from "../../../format/json.ts";
import type { ExpertsPlan, LayerPlan, ModelSizes } from "../../config.ts";
import type { ExpertTensors, StoredExperts } from "../architecture.ts";

/** Bounds of a width. */
const WIDTH = { min: 8, max: 2 ** 20, multipleOf: 8 };

/** Key of the number of experts, in most architectures. */
const COUNT_KEY = "num_local_experts";

/** Most experts: as many as a kernel has room for. */
const MOST_EXPERTS = 1024;

/** Most experts of a row. */
const MOST_CHOSEN = 64;

/** Where an architecture differs from others in how its experts are read. */
export interface ExpertsReading {
  /** Key of their number; "num_local_experts" if left out. */
  countKey?: string;
  /** Key of their width; "intermediate_size" if left out. */
  sizeKey?: string;
  weightsOf: ExpertsPlan["weightsOf"];
  /** Key of the width of an expert that all rows have; there is none if left out. */
  sharedKey?: string;
}

/** The experts of a layer. */
export function readExperts(
  fields: Fields,
  { countKey = COUNT_KEY, sizeKey = "intermediate_size", weightsOf, sharedKey }: ExpertsReading,
): ExpertsPlan {
  const count = fields.integer(countKey, { min: 1, max: MOST_EXPERTS });
  return {
    count,
    chosen: fields.integer("num_experts_per_tok", { min: 1, max: Math.min(count, MOST_CHOSEN) }),
    intermediateSize: fields.integer(sizeKey, WIDTH),
    weightsOf,
    sharedSize: sharedKey === undefined ? null : fields.integer(sharedKey, WIDTH),
  };
}

/** Whose weights add up to one, as `norm_topk_prob` says: those of the chosen experts, or of all. */
export function readWeightsOf(fields: Fields): ExpertsPlan["weightsOf"] {
  return fields.boolean("norm_topk_prob", false) ? "chosen" : "all";
}

/** The layer with experts in place of its MLP. */
export function withExperts(layer: LayerPlan, experts: ExpertsPlan): LayerPlan {
  return { ...layer, mlp: { ...layer.mlp, experts } };
}

/**
 * The layers, of which every `decoder_sparse_step`th has experts, but for those that `mlp_only_layers` names; none
 * has where there are no experts.
 * @throws {DataError} when `mlp_only_layers` names something else than numbers of layers.
 */
export function withSparseExperts(
  fields: Fields,
  sizes: ModelSizes,
  layers: readonly LayerPlan[],
  reading: ExpertsReading,
): LayerPlan[] {
  const sparse = readSparseLayers(fields, sizes);
  const count = fields.integer(reading.countKey ?? COUNT_KEY, { min: 0, max: MOST_EXPERTS });
  if (count === 0 || !sparse.includes(true)) return [...layers];
  const experts = readExperts(fields, reading);
  return layers.map((layer, i) => sparse[i] ? withExperts(layer, experts) : layer);
}

function readSparseLayers(fields: Fields, { layerCount }: ModelSizes): boolean[] {
  const key = "mlp_only_layers";
  const list = fields.value(key) ?? [];
  if (!Array.isArray(list)) throw fields.fault(key, "a list of layers");
  const wrong = list.findIndex((layer) => !Number.isSafeInteger(layer) || layer < 0);
  if (wrong >= 0) throw fields.entryFault(key, wrong, list[wrong], "the number of a layer");
  const dense = new Set(list);
  const step = fields.integer("decoder_sparse_step", { min: 1, max: 2 ** 20 });
  return Array.from({ length: layerCount }, (_, i) => (i + 1) % step === 0 && !dense.has(i));
}

/** Experts whose gates, up and down projections have these names, in a tensor for each expert. */
export function expertsApart(
  prefix: string,
  gate: string,
  up: string,
  down: string,
): StoredExperts {
  const named = (part: string) => (expert: number) => `${prefix}.${expert}.${part}.weight`;
  return { gate: named(gate), up: named(up), down: named(down) };
}

/** Experts that stand in three tensors, or in two if gate and up are one. */
export function expertsTogether(gate: string, up: string, down: string): StoredExperts {
  return { gate: () => gate, up: () => up, down: () => down };
}

/**
 * Names of the tensors of experts in a module: each by itself, as most files have them; as the transformers
 * library has them while it runs; and as MLX writes them.
 */
export function expertTensors(
  module: string,
  { router = `${module}.gate.weight`, names = ["gate_proj", "up_proj", "down_proj"] }: {
    router?: string;
    names?: readonly [gate: string, up: string, down: string];
  } = {},
): ExpertTensors {
  const fused = `${module}.experts.gate_up_proj`;
  const ofMlx = (part: string) => `${module}.switch_mlp.${part}.weight`;
  return {
    router,
    stored: [
      expertsApart(`${module}.experts`, ...names),
      expertsTogether(fused, fused, `${module}.experts.down_proj`),
      expertsTogether(ofMlx("gate_proj"), ofMlx("up_proj"), ofMlx("down_proj")),
    ],
  };
}
