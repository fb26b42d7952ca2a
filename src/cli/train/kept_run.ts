/** What a training run keeps on disk: what is learnt, and what it needs to go on. */

import { type HistoryPoint, readCheckpoint, writeCheckpoint } from "../../train/checkpoint.ts";
import type { Trainee } from "../../train/trainee.ts";
import type { Trainer } from "../../train/trainer.ts";
import { writingTo } from "../files.ts";
import { checkpointOf } from "./requirements.ts";

/** A run, in words that its files keep. */
export interface Run {
  /** Where what is learnt goes. */
  out: string;
  baseFingerprint: string;
  baseSizes: string;
  /** What its numbers depend on. */
  identity: Readonly<Record<string, unknown>>;
}

/** Share of the time that may go into saving what has been learnt so far. */
const SAVING_SHARE = 0.05;

/** The files of a run: the result, and a checkpoint as long as it is not finished. */
export class KeptRun {
  readonly #trainer: Trainer;
  readonly #trainee: Trainee;
  readonly #run: Run;
  readonly #checkpoint: string;
  #history: HistoryPoint[] = [];
  #savedStep: number | undefined;
  #nextSave = performance.now();

  constructor(trainer: Trainer, trainee: Trainee, run: Run) {
    this.#trainer = trainer;
    this.#trainee = trainee;
    this.#run = run;
    this.#checkpoint = checkpointOf(run.out);
  }

  /** What was measured at each step. */
  get history(): readonly HistoryPoint[] {
    return this.#history;
  }

  /** Goes on where the checkpoint is. Throws as reading it does. */
  async resume(): Promise<void> {
    const { lengths } = this.#trainee.parameters;
    const saved = await readCheckpoint(this.#checkpoint, this.#run.identity, lengths);
    this.#trainer.resume(saved.state);
    this.#history = saved.history;
  }

  /** A step has been made: what is learnt is saved now and then, where it was measured. */
  async add(point: HistoryPoint): Promise<void> {
    this.#history.push(point);
    const isMeasured = point.held && point.step < this.#trainer.steps;
    if (isMeasured && performance.now() >= this.#nextSave) await this.#save({ isFinished: false });
  }

  /** Saves the last step. */
  async end({ isFinished }: { isFinished: boolean }): Promise<void> {
    if (isFinished || this.#trainer.step !== this.#savedStep) await this.#save({ isFinished });
  }

  /** Of a finished run only the result is left. */
  async forgetCheckpoint(): Promise<void> {
    await Deno.remove(this.#checkpoint);
  }

  async #save({ isFinished }: { isFinished: boolean }): Promise<void> {
    const { out, identity, ...base } = this.#run;
    const path = this.#checkpoint;
    const begun = performance.now();
    const state = await this.#trainer.state();
    const history = this.#history;
    await writingTo(path, () => writeCheckpoint(path, { state, history }, identity));
    const held = history.findLast((point) => point.held)?.held;
    const training = { ...identity, step: state.step, steps: this.#trainer.steps, held };
    const about = { ...base, training, isFinished };
    await writingTo(out, () => this.#trainee.write(out, state.weights, about));
    this.#savedStep = state.step;
    const saved = performance.now();
    this.#nextSave = saved + (saved - begun) / SAVING_SHARE;
  }
}
