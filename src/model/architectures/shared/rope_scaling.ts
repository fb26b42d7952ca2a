/** How rotary settings change the frequencies: a reader for each rope type. */

import { quote } from "../../../format/errors.ts";
import { type Fields, isJsonObject } from "../../../format/json.ts";
import type { ModelSizes, RopeScaling, Rotation } from "../../config.ts";

/** Settings, and what their meaning depends on. */
export interface ScalingSource extends Pick<Rotation, "theta" | "dimensions"> {
  /** Settings of the rotation. */
  settings: Fields;
  /** Fields around them, whose original context length wins over theirs. */
  beside: Fields;
  sizes: ModelSizes;
  /** Types that the architecture has under other names. */
  typeNames?: ReadonlyMap<string, string>;
  /** Settings that the architecture reads by itself. */
  ownKeys?: readonly string[];
}

/** A rope type: the settings that it has beside the common ones, and what they mean. */
interface ScalingType {
  keys: readonly string[];
  read(source: ScalingSource): RopeScaling | null;
}

const ORIGINAL = "original_max_position_embeddings";

/** Settings that any type may have. */
const COMMON_KEYS = ["type", "rope_type", "rope_theta", "partial_rotary_factor", ORIGINAL];

/** Bounds of numbers that stretch or weigh something. */
const POSITIVE = { min: 1e-6, max: 1e6 };

const TYPES: Readonly<Record<string, ScalingType>> = {
  default: { keys: [], read: () => null },
  linear: {
    keys: ["factor"],
    read: ({ settings }) => ({ type: "linear", factor: readFactor(settings) }),
  },
  dynamic: { keys: ["factor"], read: readDynamic },
  llama3: { keys: ["factor", "low_freq_factor", "high_freq_factor"], read: readLlama3 },
  yarn: {
    keys: [
      "factor",
      "attention_factor",
      "beta_fast",
      "beta_slow",
      "mscale",
      "mscale_all_dim",
      "truncate",
      "finetuned", // Says where the factor comes from, and changes nothing.
    ],
    read: readYarn,
  },
  longrope: {
    keys: ["short_factor", "long_factor", "factor", "attention_factor"],
    read: readLongrope,
  },
};

/**
 * How the settings change the frequencies; null if they do not.
 *
 * @throws {DataError} when the type is not supported, or when a setting is not of the type.
 */
export function readScaling(source: ScalingSource): RopeScaling | null {
  const { settings } = source;
  const key = settings.value("rope_type") === undefined ? "type" : "rope_type";
  const written = settings.text(key) ?? "default";
  const name = source.typeNames?.get(written) ?? written;
  if (!Object.hasOwn(TYPES, name)) {
    const expected = Object.keys(TYPES).map(quote).join(" or ");
    throw settings.fault(key, expected, "other scalings are not supported");
  }
  const { keys, read } = TYPES[name];
  const known = [...COMMON_KEYS, ...keys, ...(source.ownKeys ?? [])];
  const unknown = settings.keys().find((key) => !known.includes(key));
  if (unknown !== undefined) throw settings.fault(unknown, expectedBeside(settings, unknown));
  return read(source);
}

/** What a setting that the type does not have would need. */
function expectedBeside(settings: Fields, unknown: string): string {
  if (isJsonObject(settings.value(unknown))) return "nothing: all layers are rotated alike";
  const type = settings.value("rope_type") ?? settings.value("type");
  return type === undefined ? "a rope_type beside it" : `nothing in rope_type ${quote(type)}`;
}

function readFactor(settings: Fields, otherwise?: number): number {
  return settings.number("factor", { min: 1, max: 1e6, ...(otherwise && { otherwise }) });
}

/** Positions that the model was trained on before its frequencies were changed. */
function readOriginal({ settings, beside, sizes }: ScalingSource, min = 1): number {
  const owner = beside.value(ORIGINAL) === undefined ? settings : beside;
  return owner.integer(ORIGINAL, { min, max: 2 ** 24, otherwise: sizes.contextLength });
}

/** Frequencies change for texts longer than the context, and there are none: none changes within it. */
function readDynamic({ settings }: ScalingSource): null {
  readFactor(settings);
  return null;
}

function readLlama3(source: ScalingSource): RopeScaling {
  const { settings } = source;
  const factor = readFactor(settings);
  const lowFrequencyFactor = settings.number("low_freq_factor", POSITIVE);
  const highFrequencyFactor = settings.number("high_freq_factor", POSITIVE);
  if (highFrequencyFactor <= lowFrequencyFactor) {
    throw settings.fault("high_freq_factor", `more than low_freq_factor, ${lowFrequencyFactor}`);
  }
  const originalContextLength = readOriginal(source);
  return { type: "llama3", factor, lowFrequencyFactor, highFrequencyFactor, originalContextLength };
}

/** Settings of 0 count as left out, as they do in the transformers library. */
function readYarn(source: ScalingSource): RopeScaling {
  const { settings, beside, sizes, theta } = source;
  const originalContextLength = readOriginal(source);
  const ratio = sizes.contextLength / originalContextLength;
  const factor = readFactor(settings, ratio > 1 ? ratio : undefined);
  const betaFast = readUnlessZero(settings, "beta_fast") ?? 32;
  const betaSlow = readUnlessZero(settings, "beta_slow") ?? 1;
  if (betaFast < betaSlow) throw settings.fault("beta_fast", `beta_slow, ${betaSlow}, or more`);
  if (theta === 1) {
    // Where the blend begins and ends is a logarithm to this base.
    const owner = settings.value("rope_theta") === undefined ? beside : settings;
    throw owner.fault("rope_theta", 'more than 1 in rope_type "yarn"');
  }
  return {
    type: "yarn",
    factor,
    betaFast,
    betaSlow,
    // Transformers 5.24 overlooks it in settings of one type of layers.
    truncate: settings.boolean("truncate", true),
    originalContextLength,
    attentionFactor: readYarnAttentionFactor(settings, factor),
  };
}

/**
 * The factor of cosines and sines: as it stands, or 0.1 · ln(factor) + 1, or the quotient of two such
 * terms, one weighted with `mscale` and one with `mscale_all_dim`.
 */
function readYarnAttentionFactor(settings: Fields, factor: number): number {
  const key = "attention_factor";
  const weights = ["mscale", "mscale_all_dim"].map((weight) => readUnlessZero(settings, weight));
  if (settings.value(key) !== undefined) return settings.number(key, POSITIVE);
  const term = (weight = 1) => 0.1 * weight * Math.log(factor) + 1;
  const [above, below] = weights;
  return above && below ? term(above) / term(below) : term();
}

/** The short factors hold, until the model is loaded for a longer context. */
function readLongrope(source: ScalingSource): RopeScaling {
  const { settings, sizes, dimensions } = source;
  const originalContextLength = readOriginal(source, 2);
  const ratio = Math.max(1, sizes.contextLength / originalContextLength);
  const factor = readFactor(settings, ratio);
  // A logarithm to the base of the context: stretched by the factor, it grows by so much.
  const otherwise = Math.sqrt(1 + Math.log(factor) / Math.log(originalContextLength));
  return {
    type: "longrope",
    shortFactors: readFactors(settings, "short_factor", dimensions / 2),
    longFactors: readFactors(settings, "long_factor", dimensions / 2),
    isLong: false,
    originalContextLength,
    attentionFactor: settings.number("attention_factor", { ...POSITIVE, otherwise }),
  };
}

/** A factor for each pair of dimensions. */
function readFactors(settings: Fields, key: string, count: number): number[] {
  const factors = settings.value(key);
  if (!Array.isArray(factors) || factors.length !== count) {
    throw settings.fault(key, `a list of ${count}, one for each pair of rotated dimensions`);
  }
  const { min, max } = POSITIVE;
  const wrong = factors.findIndex((factor) =>
    !(typeof factor === "number" && factor >= min && factor <= max)
  );
  if (wrong < 0) return factors;
  throw settings.entryFault(key, wrong, factors[wrong], `a number from ${min} to ${max}`);
}

function readUnlessZero(settings: Fields, key: string): number | undefined {
  const value = settings.value(key);
  return value === undefined || value === 0 ? undefined : settings.number(key, POSITIVE);
}
