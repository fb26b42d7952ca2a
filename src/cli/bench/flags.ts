import { REPORT_FORMATS } from "../../bench/report/comparison/formats.ts";
import { METHOD_NAMES } from "../../engine/drafting/method_names.ts";
import { ASSET_FLAGS, methodNamed } from "../flags/drafting_flags.ts";
import { choice, type Flag, type FlagValues, integer, path } from "../flags/flags.ts";
import { BENCH_PROMPT_FLAGS, continuedBy } from "../flags/bench_prompt_flags.ts";
import { COMMON_FLAGS, MODEL_FLAGS } from "../flags/sampling_flags.ts";

const methods: Flag<string[] | undefined> = {
  placeholder: "A,B",
  help: `drafting methods to compare (default all that the model has what they need for): ` +
    METHOD_NAMES.join(", "),
  initial: undefined,
  accept: (_previous, list, name) =>
    [...new Set(list.split(","))].map((one) => methodNamed(one, name)),
};

/** The flags of `bench`. */
export const BENCH_FLAGS = {
  ...MODEL_FLAGS,
  ...ASSET_FLAGS,
  methods,
  ...BENCH_PROMPT_FLAGS,
  ...continuedBy({ minimum: 8, maximum: 65_536, initial: 128 }),
  tree: integer({
    placeholder: "N",
    help: "give every method a tree of N nodes (default the one that is fastest for it here)",
    minimum: 2,
    maximum: 64,
  }),
  rounds: integer({
    placeholder: "N",
    help: "timed decodings of each prompt by each method",
    minimum: 1,
    maximum: 1000,
    initial: 2,
  }),
  clock: choice({
    words: ["wall", "processor"] as const,
    initial: "wall",
    help:
      "what decoding is timed by; processor time suits a busy machine whose GPU is its processor",
  }),
  format: choice({
    words: REPORT_FORMATS,
    initial: "table",
    help: "how the figures are written to standard output",
  }),
  out: path({
    short: "o",
    placeholder: "FILE",
    help: "write a page with plots as well, such as report.html",
  }),
  ...COMMON_FLAGS,
};

/** Parsed flags of `bench`. */
export type BenchFlags = FlagValues<typeof BENCH_FLAGS>;
