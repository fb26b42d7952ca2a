import { UsageError } from "../errors.ts";
import { BENCH_PROMPT_FLAGS, continuedBy } from "../flags/bench_prompt_flags.ts";
import { DRAFTING_FLAGS } from "../flags/drafting_flags.ts";
import { type Flag, type FlagValues, integer, path } from "../flags/flags.ts";
import { COMMON_FLAGS, MODEL_FLAGS } from "../flags/sampling_flags.ts";

/** Number of the last experiment. */
const LAST = 6;

const only: Flag<number[] | undefined> = {
  placeholder: "N,N",
  help:
    "run some of the experiments: 1 rows, 2 accuracy, 3 similarity, 4 layers, 5 attention, 6 time " +
    "(default all)",
  initial: undefined,
  accept(_previous, list, name) {
    const numbers = list.split(",").map(Number);
    const isExperiment = (one: number) => Number.isInteger(one) && one >= 1 && one <= LAST;
    if (numbers.every(isExperiment)) return [...new Set(numbers)];
    throw new UsageError(
      `${name} needs numbers of experiments from 1 to ${LAST} separated by commas, not ` +
        JSON.stringify(list),
    );
  },
};

/** The flags of `analyze`. */
export const ANALYZE_FLAGS = {
  model: MODEL_FLAGS.model,
  "chat-template": MODEL_FLAGS["chat-template"],
  maps: DRAFTING_FLAGS.maps,
  only,
  jsonl: BENCH_PROMPT_FLAGS.jsonl,
  limit: integer({
    placeholder: "N",
    help: "take the first N prompts of each category",
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    initial: 4,
  }),
  ...continuedBy({ minimum: 16, maximum: 4096, initial: 96 }),
  out: path({
    short: "o",
    placeholder: "FILE",
    help: "write a page with plots as well, such as analysis.html",
  }),
  json: path({ placeholder: "FILE", help: "write the numbers behind the plots as JSON" }),
  ...COMMON_FLAGS,
};

/** Parsed flags of `analyze`. */
export type AnalyzeFlags = FlagValues<typeof ANALYZE_FLAGS>;
