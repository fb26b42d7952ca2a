/** Files that say how a model best drafts for itself on which device. */

import type { RecordKind } from "./device_records.ts";
import type { Fields } from "../json.ts";

/** Name of the file beside a model's weights. */
export const SELF_SPECULATION_FILE = "self_speculative.tuning.json";

const MOST_DRAFTS = 8;

/** How a model best drafts for itself on one device. */
export interface SelfSpeculationSettings {
  /** Layers whose attention the drafting passes leave out. */
  attention: number[];
  /** Layers whose MLP they leave out. */
  mlp: number[];
  /** Most drafts per step. */
  drafts: number;
  /** Probability below which a draft is the step's last. */
  confidence: number;
}

/** Settings for the model with the file's fingerprint, which has so many layers. */
export function selfSpeculations(layerCount: number): RecordKind<SelfSpeculationSettings> {
  return {
    format: "foretoken.self-speculation",
    madeBy: "foretoken tune self-speculative",
    readSettings: (fields) => ({
      attention: readLayers(fields, "attention", layerCount),
      mlp: readLayers(fields, "mlp", layerCount),
      drafts: fields.integer("drafts", { min: 0, max: MOST_DRAFTS }),
      confidence: fields.number("confidence", { min: 0, max: 1 }),
    }),
    writeSettings: ({ attention, mlp, drafts, confidence }) => ({
      attention,
      mlp,
      drafts,
      confidence,
    }),
  };
}

function readLayers(fields: Fields, key: string, layerCount: number): number[] {
  const layers = fields.value(key);
  const isLayer = (layer: unknown) =>
    Number.isInteger(layer) && Number(layer) >= 0 && Number(layer) < layerCount;
  if (Array.isArray(layers) && layers.every(isLayer)) return layers;
  throw fields.fault(key, `layers from 0 to ${layerCount - 1}`);
}
