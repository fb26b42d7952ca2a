import type { LossRows } from "./passes/loss_rows.ts";
import type { TextRun } from "./passes/text_run.ts";
import type { Parameters, ParameterState } from "./parameters.ts";
import type { TrainingTexts } from "./texts/texts.ts";
import type { Work } from "./work.ts";

/** A text forward through a model and what it is trained for, and back. */
export interface LossPass extends Disposable {
  /** Where the loss of the text that ran last can be read. */
  readonly rows: LossRows;
  /** Runs texts of `sequenceLength` tokens. */
  readonly text: TextRun;
}

/** What a file says beside the weights. */
export interface Provenance {
  /** Fingerprint of the base model. */
  baseFingerprint: string;
  /** Its sizes, by which a copy of it is known that has other weights. */
  baseSizes: string;
  /** How they were trained; becomes JSON. */
  training: unknown;
}

/** How a file of weights is written. */
export interface TrainedFile extends Provenance {
  /** Whether nothing more will be learnt, so that it is worth some work to make drafting cheaper. */
  isFinished: boolean;
}

/** What a drafting method brings to be trained; the model itself stays as it is. */
export interface Trainee extends Disposable {
  /** k: tokens beyond the next that it predicts. */
  readonly steps: number;
  readonly parameters: Parameters;
  readonly pass: LossPass;
  /**
   * The weights to begin with.
   * @throws the signal's reason if it is aborted before they are there.
   */
  start(texts: TrainingTexts, work?: Work): Promise<ParameterState["weights"]>;
  /**
   * Writes weights as the file that the method drafts with. Before a run is finished that takes no work
   * of the device: Ctrl-C waits for it.
   */
  write(path: string, weights: ParameterState["weights"], about: TrainedFile): Promise<void>;
}
