/** Rotary settings, in the spellings of config.json before and after version 5 of transformers. */

import type { Fields, JsonObject } from "../../../format/json.ts";
import type { ModelSizes, Rotation } from "../../config.ts";
import { LAYER_TYPES, type LayerType } from "./layer_types.ts";
import { readScaling } from "./rope_scaling.ts";

/** Bounds of the base of the frequencies. */
const THETA = { min: 1, max: 1e12 };

/** Where an architecture differs from others in how its rotation is read. */
export interface RotationReading {
  /** Least part of each head that it can rotate; 1, all of it, if left out. */
  leastPart?: number;
  /** Rope types that it has under other names. */
  typeNames?: ReadonlyMap<string, string>;
  /** Settings that it reads by itself. */
  ownKeys?: readonly string[];
  /** Whether it rotates neighbours with each other. */
  interleaved?: boolean;
}

/** The settings of a model whose layers are rotated alike; null if there are none. */
export function rotarySettings(fields: Fields): Fields | null {
  return filled(fields, "rope_scaling") ?? filled(fields, "rope_parameters");
}

/**
 * The rotation of a model whose layers are rotated alike. `rope_scaling`, if it says anything, wins
 * over `rope_parameters`; theta stands within it, or beside it.
 */
export function readRotation(
  fields: Fields,
  sizes: ModelSizes,
  { leastPart = 1, interleaved = false, ...reading }: RotationReading = {},
): Rotation {
  const settings = rotarySettings(fields);
  const theta = readTheta(settings, fields, "rope_theta");
  const dimensions = rotatedDimensions(settings ?? fields, fields, sizes.headDim, leastPart);
  const source = { theta, dimensions, sizes, beside: fields, ...reading };
  const scaling = settings && readScaling({ ...source, settings });
  return { theta, dimensions, scaling, ...(interleaved && { interleaved }) };
}

/**
 * The rotations of each type of layer, which `rope_parameters` holds by type. In the older spelling
 * `rope_scaling` is that of the layers that see all positions; where both stand, it completes them.
 *
 * @param slidingTheta key of theta in layers with a window, where their settings do not have it.
 */
export function readRotationsByType(
  fields: Fields,
  sizes: ModelSizes,
  slidingTheta: string,
): Record<LayerType, Rotation> {
  const byType = filled(fields, "rope_parameters");
  const types: readonly string[] = LAYER_TYPES;
  const unknown = byType?.keys().find((key) => !types.includes(key));
  if (unknown !== undefined) throw byType!.fault(unknown, "nothing beside the types of layers");
  const ofFull = byType && filled(byType, "full_attention");
  const scaling = filled(fields, "rope_scaling");
  const full = scaling?.withDefaults((byType?.value("full_attention") ?? {}) as JsonObject);
  const ofSliding = byType && filled(byType, "sliding_attention");
  return {
    full_attention: readRotationOfType(full ?? ofFull, fields, sizes, "rope_theta"),
    sliding_attention: readRotationOfType(ofSliding, fields, sizes, slidingTheta),
  };
}

/**
 * The rotation of whole heads in layers of one type.
 *
 * @param settings of this type of layer; none if null.
 * @param key of theta beside the settings, where they do not have it.
 */
function readRotationOfType(
  settings: Fields | null,
  fields: Fields,
  sizes: ModelSizes,
  key: string,
): Rotation {
  const theta = readTheta(settings, fields, key);
  const dimensions = sizes.headDim;
  const source = { theta, dimensions, sizes };
  const scaling = settings && readScaling({ ...source, settings, beside: settings });
  return { theta, dimensions, scaling };
}

/** Base of the frequencies: that of the settings, or else the one beside them. */
function readTheta(settings: Fields | null, fields: Fields, key: string): number {
  return settings?.value("rope_theta") === undefined
    ? fields.number(key, THETA)
    : settings.number("rope_theta", THETA);
}

/** The fields of an object; null when it is absent or empty. */
function filled(fields: Fields, key: string): Fields | null {
  const inner = fields.object(key);
  return inner?.keys().length ? inner : null;
}

/** Leading dimensions of a head that are rotated. */
function rotatedDimensions(settings: Fields, fields: Fields, headDim: number, leastPart: number) {
  const key = "partial_rotary_factor";
  const owner = settings.value(key) === undefined ? fields : settings;
  const part = owner.number(key, { min: leastPart, max: 1, otherwise: 1 });
  const dimensions = Math.floor(headDim * part);
  if (dimensions > 0 && dimensions % 2 === 0) return dimensions;
  throw owner.fault(key, `a part of the head's ${headDim} dimensions that is even`);
}
