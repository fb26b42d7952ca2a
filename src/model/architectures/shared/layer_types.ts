/** Which layers see all positions before them, and which a window of them. */

import type { Fields } from "../../../format/json.ts";
import type { ModelSizes } from "../../config.ts";

/** What a layer sees, as `layer_types` of config.json has it. */
export type LayerType = "full_attention" | "sliding_attention";

/** All types. */
export const LAYER_TYPES: readonly LayerType[] = ["full_attention", "sliding_attention"];

/**
 * The layers' types; without `layer_types`, every `period`th layer sees all positions.
 *
 * @param allowed types that the architecture has.
 * @throws {DataError} when there is not one for each layer, or another.
 */
export function readLayerTypes(
  fields: Fields,
  { layerCount }: ModelSizes,
  period = 1,
  allowed: readonly LayerType[] = LAYER_TYPES,
): LayerType[] {
  const types = fields.value("layer_types");
  if (types === undefined) {
    return Array.from(
      { length: layerCount },
      (_, i) => (i + 1) % period === 0 ? "full_attention" : "sliding_attention",
    );
  }
  if (!Array.isArray(types) || types.length !== layerCount) {
    throw fields.fault("layer_types", `a list of ${layerCount}, one for each layer`);
  }
  const wrong = types.findIndex((type) => !allowed.includes(type));
  if (wrong >= 0) {
    const expected = allowed.map((type) => JSON.stringify(type)).join(" or ");
    throw fields.entryFault("layer_types", wrong, types[wrong], expected);
  }
  return types;
}

/** Positions that a row of a sliding layer sees, its own included. */
export function readWindow(fields: Fields): number {
  return fields.integer("sliding_window", { min: 1, max: 2 ** 24 });
}

/** The window of a model whose layers are all alike; null if they see all positions. */
export function readCommonWindow(fields: Fields, sizes: ModelSizes): number | null {
  const window = fields.value("sliding_window") === undefined ? null : readWindow(fields);
  const type = window === null ? "full_attention" : "sliding_attention";
  readLayerTypes(fields, sizes, 1, [type]); // Some files name them; they cannot be of another type.
  return window;
}

/**
 * The windows of layers that all have one, unless `layer_types` says otherwise or there is none. Null for
 * layers that see all positions.
 */
export function readWindows(fields: Fields, sizes: ModelSizes): (number | null)[] {
  if (fields.value("sliding_window") === undefined) return readNoWindows(fields, sizes);
  const window = readWindow(fields);
  const types = readLayerTypes(fields, sizes, Infinity);
  return types.map((type) => type === "full_attention" ? null : window);
}

/**
 * The windows of layers that have one only where `use_sliding_window` says so: those that `layer_types`
 * names, or else those that `hasWindow` tells by their index. Null for layers that see all positions.
 */
export function readSwitchedWindows(
  fields: Fields,
  sizes: ModelSizes,
  hasWindow: (layer: number) => boolean,
): (number | null)[] {
  if (!fields.boolean("use_sliding_window", false)) return readNoWindows(fields, sizes);
  const windows = readWindows(fields, sizes);
  if (fields.value("layer_types") !== undefined) return windows;
  return windows.map((window, layer) => hasWindow(layer) ? window : null);
}

/** As `readSwitchedWindows`; without `layer_types`, layers have one from `max_window_layers` on. */
export function readUpperWindows(fields: Fields, sizes: ModelSizes): (number | null)[] {
  const first = () => fields.integer("max_window_layers", { min: 0, max: 2 ** 20 });
  return readSwitchedWindows(fields, sizes, (layer) => layer >= first());
}

function readNoWindows(fields: Fields, sizes: ModelSizes): null[] {
  return readLayerTypes(fields, sizes, 1, ["full_attention"]).map(() => null);
}
