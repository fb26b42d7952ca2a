/** `generation_config.json`: how a model's authors would have its tokens chosen. */

import { join } from "@std/path";
import type { TokenChoice } from "../../ops/choose.ts";
import { DataError, quote } from "../../format/errors.ts";
import { Fields, readJsonObjectIfThere } from "../../format/json.ts";
import { SAMPLING_RANGES } from "./sampling.ts";

/** What a model's file says of them, and what of that cannot be used. */
export interface GenerationDefaults {
  /** Only what the file says. */
  readonly sampling: Readonly<Partial<TokenChoice>>;
  /** A line for each value that is none of its setting's, and each setting that there is none of here. */
  readonly problems: readonly string[];
}

/** The keys of the settings in the file. */
const KEYS = {
  temperature: "temperature",
  topK: "top_k",
  topP: "top_p",
  minP: "min_p",
  repetitionPenalty: "repetition_penalty",
} as const satisfies Record<keyof TokenChoice, string>;

/**
 * Settings that change which tokens the transformers library chooses and that are not supported, with the
 * values that change nothing; null and absence change nothing either.
 */
const UNSUPPORTED: Readonly<Record<string, readonly unknown[]>> = {
  bad_words_ids: [],
  begin_suppress_tokens: [[]],
  constraints: [],
  diversity_penalty: [0],
  dola_layers: [],
  encoder_no_repeat_ngram_size: [0],
  encoder_repetition_penalty: [1],
  epsilon_cutoff: [0],
  eta_cutoff: [0],
  exponential_decay_length_penalty: [],
  forced_bos_token_id: [],
  force_words_ids: [],
  forced_eos_token_id: [],
  guidance_scale: [1],
  max_time: [],
  min_length: [0],
  min_new_tokens: [0],
  no_repeat_ngram_size: [0],
  num_beams: [1],
  penalty_alpha: [0],
  sequence_bias: [],
  stop_strings: [[]],
  suppress_tokens: [[]],
  top_h: [],
  typical_p: [1],
  watermarking_config: [],
};

/** Those of them that count only where chance decides. */
const OF_CHANCE = ["epsilon_cutoff", "eta_cutoff", "top_h", "typical_p"];

/** What a model samples with whose file asks for sampling and leaves these out. */
const UNSAID = { temperature: 1, topP: 1 };

/**
 * Reads the file of a model's folder; without it nothing is said. A `do_sample` that is false means
 * temperature 0, whatever stands beside it. Where it is true or a temperature is given, the settings
 * are meant as a whole: temperature and top-p are 1 unless they are given.
 *
 * @throws DataError if it holds something else than an object, NoInputError if it cannot be read.
 */
export async function readGenerationDefaults(folder: string): Promise<GenerationDefaults> {
  const file = join(folder, "generation_config.json");
  const json = await readJsonObjectIfThere(file, "the generation defaults") ?? {};
  const fields = new Fields(json, file, "", "it is not used");
  const problems: string[] = [];
  const unlessWrong = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      problems.push(error.message);
    }
  };
  const given: Partial<TokenChoice> = {};
  for (const [name, key] of Object.entries(KEYS) as [keyof TokenChoice, string][]) {
    if (fields.value(key) === undefined) continue;
    const { minimum: min, maximum: max } = SAMPLING_RANGES[name];
    const value = unlessWrong(() =>
      name === "topK" ? fields.integer(key, { min, max }) : fields.number(key, { min, max })
    );
    if (value !== undefined) given[name] = value;
  }
  const samples = fields.value("do_sample") === undefined
    ? undefined
    : unlessWrong(() => fields.boolean("do_sample", false));
  problems.push(...unsupportedSettings(fields, samples));
  return { sampling: samplingOf(given, samples), problems };
}

/** A line for each setting that would change something and is not supported. */
function unsupportedSettings(fields: Fields, samples: boolean | undefined): string[] {
  return Object.entries(UNSUPPORTED).flatMap(([key, neutral]) => {
    const value = fields.value(key);
    const isIdle = samples === false && OF_CHANCE.includes(key);
    if (value === undefined || isIdle || neutral.some((one) => quote(one) === quote(value))) {
      return [];
    }
    const expected = neutral.map(quote).join(" or ") || "nothing";
    return fields.fault(key, expected).message;
  });
}

function samplingOf(
  given: Partial<TokenChoice>,
  samples: boolean | undefined,
): Partial<TokenChoice> {
  const { repetitionPenalty } = given;
  if (samples === false) {
    return { temperature: 0, ...(repetitionPenalty !== undefined && { repetitionPenalty }) };
  }
  return samples || given.temperature !== undefined ? { ...UNSAID, ...given } : given;
}
