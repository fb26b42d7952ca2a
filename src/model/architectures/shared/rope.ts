/** Rotary settings, in the spellings of config.json before and after version 5 of transformers. */

import { quote } from "../../../format/errors.ts";
import { type Fields, isJsonObject } from "../../../format/json.ts";
import type { ModelSizes, RopeScaling, Rotation } from "../../config.ts";

/** Bounds of the base of the frequencies. */
const THETA = { min: 1, max: 1e12 };

/** Settings that any type may have. */
const COMMON_KEYS = [
  "type",
  "rope_type",
  "rope_theta",
  "partial_rotary_factor",
  "original_max_position_embeddings",
];

/** The other settings of each type that is supported. */
const KEYS_OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  default: [],
  linear: ["factor"],
  llama3: ["factor", "low_freq_factor", "high_freq_factor"],
};

/**
 * The rotation of a model whose layers are rotated alike. `rope_scaling`, if it says anything, wins
 * over `rope_parameters`; theta stands within it, or beside it.
 *
 * @param leastPart of each head that the architecture can rotate; 1 if it always rotates all of it.
 */
export function readRotation(fields: Fields, sizes: ModelSizes, leastPart = 1): Rotation {
  const settings = filled(fields, "rope_scaling") ?? filled(fields, "rope_parameters");
  const within = settings?.value("rope_theta") !== undefined;
  return {
    theta: readTheta(within ? settings : fields, "rope_theta"),
    dimensions: rotatedDimensions(settings ?? fields, fields, sizes.headDim, leastPart),
    scaling: settings && readScaling(settings, sizes, fields),
  };
}

/** Base of the frequencies. */
export function readTheta(fields: Fields, key: string): number {
  return fields.number(key, THETA);
}

/** The fields of an object; null when it is absent or empty. */
export function filled(fields: Fields, key: string): Fields | null {
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

/** What a setting that the type does not have would need. */
function expectedBeside(settings: Fields, unknown: string): string {
  if (isJsonObject(settings.value(unknown))) return "nothing: all layers are rotated alike";
  const type = settings.value("rope_type") ?? settings.value("type");
  return type === undefined ? "a rope_type beside it" : `nothing in rope_type ${quote(type)}`;
}

/**
 * How the settings change the frequencies.
 *
 * @param beside fields around them, whose original context length wins over theirs.
 * @throws {DataError} when the type is not supported, or when a setting is not of the type.
 */
export function readScaling(
  settings: Fields,
  { contextLength }: ModelSizes,
  beside = settings,
): RopeScaling | null {
  const key = settings.value("rope_type") === undefined ? "type" : "rope_type";
  const type = settings.text(key) ?? "default";
  if (!Object.hasOwn(KEYS_OF_TYPE, type)) {
    const expected = '"linear", "llama3" or "default"';
    throw settings.fault(key, expected, "other scalings are not supported");
  }
  const known = [...COMMON_KEYS, ...KEYS_OF_TYPE[type]];
  const unknown = settings.keys().find((key) => !known.includes(key));
  if (unknown !== undefined) throw settings.fault(unknown, expectedBeside(settings, unknown));
  if (type === "default") return null;
  const factor = settings.number("factor", { min: 1, max: 1e6 });
  if (type === "linear") return { type, factor };
  const lowFrequencyFactor = settings.number("low_freq_factor", { min: 1e-6, max: 1e6 });
  const highFrequencyFactor = settings.number("high_freq_factor", { min: 1e-6, max: 1e6 });
  if (highFrequencyFactor <= lowFrequencyFactor) {
    throw settings.fault("high_freq_factor", `more than low_freq_factor, ${lowFrequencyFactor}`);
  }
  const original = "original_max_position_embeddings";
  const owner = beside.value(original) === undefined ? settings : beside;
  return {
    type: "llama3",
    factor,
    lowFrequencyFactor,
    highFrequencyFactor,
    originalContextLength: owner.integer(original, {
      min: 1,
      max: 2 ** 24,
      otherwise: contextLength,
    }),
  };
}
