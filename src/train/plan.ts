/** What a training run needs to know of the method that it is for. */

import type { ModelConfig } from "../model/config.ts";
import type { Transformer } from "../model/transformer.ts";
import type { TrainingTexts } from "./texts/texts.ts";
import type { Trainee } from "./trainee.ts";
import type { Work } from "./work.ts";
import type { Schedule } from "./trainer.ts";

/** What any method's training can be told. */
export interface TrainOptions {
  /** Tokens to predict beyond the next, 1 … 8. */
  steps: number;
  /** Divergence from the model's own distribution, or cross entropy of the token that came. */
  loss: "kl" | "ce";
  /** Greatest learning rate; the method's own if left out. */
  learningRate?: number | undefined;
  /** Texts per step of the optimizer. */
  batch: number;
  /** Tokens of a text. */
  sequenceLength: number;
}

/** A run as the options want it. */
export interface TrainingPlan {
  /** What the numbers of the run depend on, texts apart. */
  settings: Readonly<Record<string, unknown>>;
  schedule: Schedule;
  /**
   * Makes what is trained, for a model and the texts of the run.
   * @throws the signal's reason if it is aborted meanwhile.
   */
  create(model: Transformer, texts: TrainingTexts, work?: Work): Promise<Trainee>;
}

/**
 * Plans the training of a method for a model.
 * @throws OptionError if the options do not fit each other or the model.
 */
export type PlanTraining<Options extends TrainOptions> = (
  options: Options,
  config: ModelConfig,
) => TrainingPlan;

/** An option is not what it may be for the model; the message begins with its name. */
export class OptionError extends RangeError {
  /** Name of the class. */
  override name = "OptionError";
  /** Name of the option. */
  readonly option: string;
  /** What follows the name in the message. */
  readonly problem: string;

  constructor(option: string, problem: string) {
    super(`${option} ${problem}`);
    this.option = option;
    this.problem = problem;
  }
}
