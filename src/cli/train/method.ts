/** Trainable methods on the command line. */

import type { TrainedKind } from "../../format/trained/trained_file.ts";
import type { ModelConfig } from "../../model/config.ts";
import { OptionError, type TrainingPlan } from "../../train/plan.ts";
import { UsageError } from "../errors.ts";
import { type FlagTable, type FlagValues, parseFlags } from "../flags/flags.ts";
import type { TrainFlags } from "./flags.ts";

/** A method that can be trained. */
export interface TrainMethod {
  /** Name of the drafting method that uses what is learnt. */
  readonly name: string;
  /** The flags of its training. */
  readonly flags: FlagTable;
  /**
   * Parses the arguments. Returns null if they ask for help, otherwise a function that trains.
   * @throws UsageError if they are not valid.
   */
  prepare(args: readonly string[]): null | (() => Promise<number>);
}

/**
 * A method that is trained by gradients.
 *
 * @param kind of the file that is written.
 * @param plan makes a plan of parsed flags; what training needs is loaded when it runs.
 */
export function trainMethod<Table extends FlagTable>(
  name: string,
  kind: TrainedKind,
  flags: Table,
  plan: (flags: FlagValues<Table> & TrainFlags, config: ModelConfig) => Promise<TrainingPlan>,
): TrainMethod {
  return {
    name,
    flags,
    prepare(args) {
      const parsed = parseFlags(`train ${name}`, flags, args) as FlagValues<Table> & TrainFlags;
      if (parsed.help) return null;
      const planned = (config: ModelConfig) => namingFlags(() => plan(parsed, config));
      return async () => await (await import("./train.ts")).runTrain(parsed, kind, planned);
    },
  };
}

/** @throws UsageError if an option of the training does not suit the model. */
async function namingFlags(plan: () => Promise<TrainingPlan>): Promise<TrainingPlan> {
  try {
    return await plan();
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    const flag = error.option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new UsageError(`--${flag} ${error.problem}`);
  }
}
