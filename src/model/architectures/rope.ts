/** Rotary settings, in the spellings of config.json before and after version 5 of transformers. */

import type { Fields } from "../../format/json.ts";
import type { ModelSizes, RopeScaling, Rotation } from "../config.ts";

/** Bounds of the base of the frequencies. */
const THETA = { min: 1, max: 1e12 };

/** What the keys of a scaling may be beside those of its type. */
const COMMON_KEYS = ["type", "rope_type", "rope_theta", "original_max_position_embeddings"];

/** The keys of each type that is supported. */
const KEYS_OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  default: [],
  linear: ["factor"],
  llama3: ["factor", "low_freq_factor", "high_freq_factor"],
};

/**
 * The rotation of a model whose layers are rotated alike. `rope_scaling`, if it says anything, wins
 * over `rope_parameters`; theta stands within it, or beside it.
 */
export function readRotation(fields: Fields, sizes: ModelSizes): Rotation {
  const inner = filled(fields, "rope_scaling") ?? filled(fields, "rope_parameters");
  const { headDim: dimensions } = sizes;
  const theta = inner?.value("rope_theta") === undefined
    ? fields.number("rope_theta", THETA)
    : inner.number("rope_theta", THETA);
  return { theta, dimensions, scaling: inner && readScaling(inner, sizes) };
}

/** The fields of an object; null when it is absent or empty. */
function filled(fields: Fields, key: string): Fields | null {
  const inner = fields.object(key);
  return inner?.keys().length ? inner : null;
}

function readScaling(fields: Fields, { contextLength }: ModelSizes): RopeScaling | null {
  const key = fields.value("rope_type") === undefined ? "type" : "rope_type";
  const type = fields.text(key) ?? "default";
  if (!Object.hasOwn(KEYS_OF_TYPE, type)) {
    throw fields.fault(key, '"linear", "llama3" or "default"', "other scalings are not supported");
  }
  const known = [...COMMON_KEYS, ...KEYS_OF_TYPE[type]];
  const unknown = fields.keys().find((key) => !known.includes(key));
  if (unknown !== undefined) {
    const hasType = fields.value(key) !== undefined;
    throw fields.fault(
      unknown,
      hasType ? `nothing beside ${key} "${type}"` : "rope_type beside it",
    );
  }
  if (type === "default") return null;
  const factor = fields.number("factor", { min: 1, max: 1e6 });
  if (type === "linear") return { type, factor };
  const lowFrequencyFactor = fields.number("low_freq_factor", { min: 1e-6, max: 1e6 });
  const highFrequencyFactor = fields.number("high_freq_factor", { min: 1e-6, max: 1e6 });
  if (highFrequencyFactor <= lowFrequencyFactor) {
    throw fields.fault("high_freq_factor", `more than low_freq_factor, ${lowFrequencyFactor}`);
  }
  return {
    type: "llama3",
    factor,
    lowFrequencyFactor,
    highFrequencyFactor,
    originalContextLength: fields.integer("original_max_position_embeddings", {
      min: 1,
      max: 2 ** 24,
      otherwise: contextLength,
    }),
  };
}
