import type { Llama } from "../model/llama.ts";
import { type Loss, RESULT_WORDS } from "../ops/train_loss.ts";
import { identityMaps, regressMaps } from "./transfer_start.ts";
import type { TrainingTexts } from "./texts.ts";
import { TransferPass } from "./transfer_pass.ts";
import { type TransferState, TransferWeights } from "./transfer_weights.ts";

/** How maps are trained. With the texts these decide every number of a run. */
export interface TrainingSettings {
  /** t_1 ≤ … ≤ t_k: the layer that each step's pseudo rows enter. */
  layers: readonly number[];
  loss: Loss;
  /** Greatest learning rate of Adam. */
  learningRate: number;
  /** Texts per step of the optimizer. */
  batch: number;
  /** Tokens of a text. */
  sequenceLength: number;
  /** Whether a map U of the next token's embedding is trained as well; needs equal layers. */
  withToken: boolean;
  /** Maps to begin with: ridge regression to h_{n+i}, or the identity and U = 0. */
  start: "ridge" | "identity";
}

/** How well pseudo rows predict, by step i = 1 … k. */
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

/** Everything that a run needs to go on as if it had never stopped. */
export interface TrainingState extends TransferState {
  step: number;
}

/** Steps between two measurements on held-out texts. */
export const EVALUATION_STEPS = 50;

/** Steps until the learning rate has reached its greatest value; it falls evenly from there. */
const WARM_UP_STEPS = 20;

/** Trains the maps of hidden transfer for a model, which itself stays as it is. */
export class TransferTrainer implements Disposable {
  readonly steps: number;
  readonly #model: Llama;
  readonly #settings: TrainingSettings;
  readonly #texts: TrainingTexts;
  readonly #held: TrainingTexts;
  readonly #weights: TransferWeights;
  readonly #pass: TransferPass;
  #step = 0;

  constructor(
    model: Llama,
    settings: TrainingSettings,
    data: { texts: TrainingTexts; held: TrainingTexts },
  ) {
    const { layers, sequenceLength, loss, batch } = settings;
    this.#model = model;
    this.#settings = settings;
    this.#texts = data.texts;
    this.#held = data.held;
    this.steps = Math.floor(data.texts.count / batch);
    const { gpu, config: { hiddenSize } } = model;
    this.#weights = new TransferWeights(gpu, hiddenSize, layers.length, settings);
    this.#pass = new TransferPass(model, this.#weights, {
      layers,
      sequenceLength,
      loss,
      batch,
      kv: "f16",
    });
  }

  /** The numbers of the run so far. */
  async state(): Promise<TrainingState> {
    return { step: this.#step, ...await this.#weights.read() };
  }

  /** Goes on from a state of a run with the same settings and texts. */
  resume({ step, ...state }: TrainingState): void {
    this.#step = step;
    this.#weights.write(state);
  }

  /**
   * Trains until the texts are used up or the signal is aborted, and tells after every step. The
   * first report, of step 0, says what the start is worth.
   */
  async *run(signal?: AbortSignal): AsyncGenerator<TrainingProgress> {
    if (this.#step === 0) {
      await this.#begin();
      const held = await this.#measure();
      yield { step: 0, steps: this.steps, loss: mean(held.loss), held };
    }
    while (this.#step < this.steps && !signal?.aborted) {
      await this.#advance();
      const [step, loss] = [this.#step, await this.#lastLoss()];
      const isDue = step % EVALUATION_STEPS === 0 || step === this.steps;
      const held = isDue ? await this.#measure() : undefined;
      yield { step, steps: this.steps, loss, ...(held ? { held } : {}) };
    }
  }

  async #begin(): Promise<void> {
    const { start, layers, withToken } = this.#settings;
    const { gpu, config: { hiddenSize } } = this.#model;
    const maps = start === "ridge"
      ? await regressMaps(gpu, this.#pass, this.#texts, { hiddenSize, layers, withToken })
      : identityMaps(hiddenSize, layers.length, withToken);
    this.#weights.write({ maps });
  }

  /** One step of the optimizer. */
  async #advance(): Promise<void> {
    const { batch, learningRate } = this.#settings;
    for (let i = 0; i < batch; i++) {
      const tokens = await this.#texts.text(this.#step * batch + i);
      this.#pass.run(tokens, { withGradients: true });
      // A text at a time, so that the queue stays short and Ctrl-C is heard.
      await this.#model.gpu.idle();
    }
    const warm = Math.min(1, (this.#step + 1) / WARM_UP_STEPS);
    const rest = 1 - this.#step / this.steps;
    this.#step++;
    this.#weights.update(learningRate * Math.min(warm, rest), this.#step);
  }

  async #lastLoss(): Promise<number> {
    return mean((await this.#readAccuracy()).loss);
  }

  async #measure(): Promise<Accuracy> {
    const all: Accuracy[] = [];
    for (let i = 0; i < this.#held.count; i++) {
      this.#pass.run(await this.#held.text(i), { withGradients: false });
      all.push(await this.#readAccuracy());
    }
    const over = (key: keyof Accuracy) =>
      this.#settings.layers.map((_, step) => mean(all.map((one) => one[key][step])));
    return { loss: over("loss"), top1: over("top1"), top5: over("top5") };
  }

  /** Of the text that ran last. */
  async #readAccuracy(): Promise<Accuracy> {
    const view = new DataView(await this.#model.gpu.read(this.#pass.results));
    const { rowSteps } = this.#pass;
    const zeros = () => this.#settings.layers.map(() => 0);
    const [loss, top1, top5, counts] = [zeros(), zeros(), zeros(), zeros()];
    rowSteps.forEach((step, row) => {
      if (step === 0) return;
      const at = 4 * RESULT_WORDS * row;
      const rank = view.getUint32(at + 4, true);
      loss[step - 1] += view.getFloat32(at, true);
      top1[step - 1] += Number(rank === 0);
      top5[step - 1] += Number(rank < 5);
      counts[step - 1]++;
    });
    const part = (sums: number[]) => sums.map((sum, i) => sum / counts[i]);
    return { loss: part(loss), top1: part(top1), top5: part(top5) };
  }

  [Symbol.dispose](): void {
    this.#pass[Symbol.dispose]();
    this.#weights[Symbol.dispose]();
  }
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
