import { NoNumberError } from "../decode/faults.ts";
import { DataError } from "../format/errors.ts";
import { isDispatch } from "../gpu/commands.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { compile } from "../gpu/kernel.ts";
import { RESULT } from "../ops/train/loss.ts";
import type { ParameterState } from "./parameters.ts";
import type { TrainingTexts } from "./texts/texts.ts";
import type { Trainee } from "./trainee.ts";
import type { Work } from "./work.ts";

/** How fast is learnt. */
export interface Schedule {
  /** Greatest learning rate of Adam. */
  learningRate: number;
  /** Texts per step of the optimizer. */
  batch: number;
  /** After so many seconds of training the run ends, wherever it is in its texts. */
  seconds?: number | undefined;
}

/** How well tokens are predicted, by step i = 1 … k. */
export interface Accuracy {
  /** Mean loss in nats. */
  loss: number[];
  /** Part of the rows whose most probable token is the base model's. */
  top1: number[];
  /** Part of the rows that have the base model's token among their five most probable. */
  top5: number[];
}

/** What is known after a step of the optimizer. */
export interface TrainingProgress {
  /** Steps so far. */
  step: number;
  steps: number;
  /** Mean loss of the step's last text, in nats. */
  loss: number;
  /** Measured on held-out texts, every `EVALUATION_STEPS` steps and at both ends. */
  held?: Accuracy;
}

/** A step whose loss has not come from the device yet. */
interface OpenStep {
  step: number;
  loss: Promise<number>;
}

/** Everything that a run needs to go on as if it had never stopped. */
export interface TrainingState extends ParameterState {
  step: number;
  /** Seconds of training so far if they are limited, else 0. */
  seconds: number;
}

/** Steps between two measurements on held-out texts. */
const EVALUATION_STEPS = 50;

/**
 * Steps until the learning rate has reached its greatest value. It falls evenly with the steps that are left,
 * or with the time if that is over sooner.
 */
const WARM_UP_STEPS = 20;

/** Trains what a drafting method brings, on texts. */
export class Trainer {
  readonly steps: number;
  readonly #gpu: Gpu;
  readonly #trainee: Trainee;
  readonly #schedule: Schedule;
  readonly #texts: TrainingTexts;
  readonly #held: TrainingTexts;
  #step = 0;
  #seconds = 0;
  /** When that many seconds had passed. */
  #clock = performance.now();
  #open: OpenStep | undefined;
  /** Whether the device has texts of the training to do. */
  #isAtWork = false;

  constructor(
    gpu: Gpu,
    trainee: Trainee,
    schedule: Schedule,
    data: { texts: TrainingTexts; held: TrainingTexts },
  ) {
    this.#gpu = gpu;
    this.#trainee = trainee;
    this.#schedule = schedule;
    this.#texts = data.texts;
    this.#held = data.held;
    this.steps = Math.floor(data.texts.count / schedule.batch);
  }

  /** Steps so far. */
  get step(): number {
    return this.#step;
  }

  /** The numbers of the run so far. */
  async state(): Promise<TrainingState> {
    const { parameters } = this.#trainee;
    return { step: this.#step, seconds: this.#secondsNow(), ...await parameters.read() };
  }

  /** Goes on from a state of a run with the same settings and texts. */
  resume({ step, seconds, ...state }: TrainingState): void {
    this.#step = step;
    this.#seconds = seconds;
    this.#trainee.parameters.write(state);
  }

  /**
   * Trains until the texts are used up, the time is over or the signal is aborted, and tells of every
   * step while the device is at the next one already. The first report, of step 0, says what the start is
   * worth; it is missing if the signal was aborted before that was known. What has been done of a step
   * that was not finished is lost, and another trainer has to go on.
   *
   * @throws DataError if the loss is no longer a number; NoNumberError if it is none from the start.
   */
  async *run(work: Work = {}): AsyncGenerator<TrainingProgress> {
    try {
      yield* this.#run(work);
    } catch (error) {
      if (!work.signal?.aborted) throw error;
      yield* this.#close();
    }
  }

  async *#run(work: Work): AsyncGenerator<TrainingProgress> {
    await compile(this.#gpu, this.#trainee.pass.text.steps.training.filter(isDispatch), {
      signal: work.signal,
      onProgress: (done, total) => work.onProgress?.("compiling kernels", done, total),
    });
    if (this.#step === 0) {
      this.#trainee.parameters.write({ weights: await this.#trainee.start(this.#texts, work) });
      const held = await this.#measure(work);
      if (!held.loss.every(Number.isFinite)) throw new NoNumberError();
      yield { step: 0, steps: this.steps, loss: mean(held.loss), held };
    }
    this.#clock = performance.now();
    while (this.#partDone() < 1) {
      await this.#advance(work);
      const loss = this.#lastLoss();
      loss.catch(() => {}); // Reported when it is waited for.
      yield* this.#close();
      this.#open = { step: this.#step, loss };
      const isDue = this.#step % EVALUATION_STEPS === 0 || this.#partDone() >= 1;
      if (isDue) yield* this.#close(work);
    }
  }

  /** Waits for the loss of the open step and tells of it; with `measured`, of held-out texts as well. */
  async *#close(measured?: Work): AsyncGenerator<TrainingProgress> {
    if (!this.#open) return;
    const { step, loss: coming } = this.#open;
    this.#open = undefined;
    const loss = await coming;
    if (!Number.isFinite(loss)) {
      throw new DataError(
        `step ${step}: the loss is ${loss}; start anew with a lower learning rate`,
      );
    }
    const held = measured && await this.#measure(measured);
    yield { step, steps: this.steps, loss, ...(held ? { held } : {}) };
  }

  #secondsNow(): number {
    if (this.#schedule.seconds === undefined) return 0;
    return this.#seconds + (performance.now() - this.#clock) / 1000;
  }

  /** How much of the run is done, from 0 up to 1 or more: of its texts, or of its time if that is more. */
  #partDone(): number {
    const ofSteps = this.#step / this.steps;
    const { seconds } = this.#schedule;
    return seconds === undefined ? ofSteps : Math.max(ofSteps, this.#secondsNow() / seconds);
  }

  /** One step of the optimizer. */
  async #advance(work: Work): Promise<void> {
    const { batch, learningRate } = this.#schedule;
    const { pass, parameters } = this.#trainee;
    const { signal, onProgress } = work;
    signal?.throwIfAborted();
    const part = this.#partDone();
    const count = this.steps * batch;
    for (let i = this.#step * batch; i < (this.#step + 1) * batch; i++) {
      const tokens = await this.#texts.text(i, work);
      onProgress?.("training", Math.max(i, Math.floor(part * count)), count);
      await pass.text.run(tokens, { withGradients: true, follows: this.#isAtWork, signal });
      this.#isAtWork = true;
    }
    const warm = Math.min(1, (this.#step + 1) / WARM_UP_STEPS);
    this.#step++;
    parameters.update(learningRate * Math.min(warm, 1 - part), this.#step);
  }

  async #lastLoss(): Promise<number> {
    return mean((await this.#readAccuracy()).loss);
  }

  async #measure(work: Work): Promise<Accuracy> {
    const { signal, onProgress } = work;
    const reading: Promise<Accuracy>[] = [];
    this.#isAtWork = false;
    for (let i = 0; i < this.#held.count; i++) {
      const tokens = await this.#held.text(i, work);
      onProgress?.("measuring", i, this.#held.count);
      await this.#trainee.pass.text.run(tokens, { withGradients: false, follows: i > 0, signal });
      const accuracy = this.#readAccuracy();
      accuracy.catch(() => {}); // Reported when it is waited for.
      reading.push(accuracy);
    }
    const all = await Promise.all(reading);
    const over = (key: keyof Accuracy) =>
      all[0][key].map((_, step) => mean(all.map((one) => one[key][step])));
    return { loss: over("loss"), top1: over("top1"), top5: over("top5") };
  }

  /** Of the text that ran last. */
  async #readAccuracy(): Promise<Accuracy> {
    const { steps, pass: { rows } } = this.#trainee;
    const results = RESULT.unpackAll(await this.#gpu.readWords(rows.results));
    const zeros = () => Array.from({ length: steps }, () => 0);
    const [loss, top1, top5, counts] = [zeros(), zeros(), zeros(), zeros()];
    rows.rowSteps.forEach((step, row) => {
      if (step === 0) return;
      loss[step - 1] += results[row].loss;
      top1[step - 1] += Number(results[row].rank === 0);
      top5[step - 1] += Number(results[row].rank < 5);
      counts[step - 1]++;
    });
    const part = (sums: number[]) => sums.map((sum, i) => sum / counts[i]);
    return { loss: part(loss), top1: part(top1), top5: part(top5) };
  }
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
