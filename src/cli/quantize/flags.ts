import { choice, type FlagValues, integer, path } from "../flags/flags.ts";
import { COMMON_FLAGS, MODEL_FLAGS } from "../flags/sampling_flags.ts";

/** The flags of `quantize`. */
export const QUANTIZE_FLAGS = {
  model: MODEL_FLAGS.model,
  out: path({
    short: "o",
    placeholder: "FOLDER",
    help: "folder to write, which must not exist yet",
  }),
  bits: choice({ words: ["4", "8"], initial: "4", help: "bits of a weight" }),
  group: choice({
    words: ["32", "64", "128"],
    initial: "64",
    help: "weights that share a scale and a bias: fewer are more exact and take more room",
  }),
  "head-bits": choice({
    words: ["4", "8"],
    initial: "8",
    help: "bits of the embedding and the LM head, which suffer most from few",
  }),
  data: path({
    placeholder: "FILE",
    help: "measure the perplexity of this text before and after, as perplexity does",
  }),
  tokens: integer({
    placeholder: "N",
    help: "take the first N tokens of --data",
    minimum: 2,
    maximum: Number.MAX_SAFE_INTEGER,
    initial: 8192,
  }),
  ...COMMON_FLAGS,
};

/** Parsed flags of `quantize`. */
export type QuantizeFlags = FlagValues<typeof QUANTIZE_FLAGS>;
