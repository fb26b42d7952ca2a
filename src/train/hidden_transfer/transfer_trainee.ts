import type { Transformer } from "../../model/transformer.ts";
import type { Loss } from "../../ops/train/loss.ts";
import type { ParameterState } from "../parameters.ts";
import type { TrainingTexts } from "../texts/texts.ts";
import type { Trainee } from "../trainee.ts";
import { TransferPass } from "./transfer_pass.ts";
import { identityMaps, regressMaps } from "./transfer_start.ts";
import { TransferWeights } from "./transfer_weights.ts";

/** What is trained for hidden transfer, and on what. */
export interface TransferSettings {
  /** t_1 ≤ … ≤ t_k: the layer that each step's pseudo rows enter. */
  layers: readonly number[];
  /**
   * Layer up to which the chosen token is taken, without its context, before maps start from it and the
   * state before; null to start from the state alone. Needs equal layers, none below it.
   */
  tokenLayer: number | null;
  loss: Loss;
  /** Texts per step of the optimizer. */
  batch: number;
  /** Tokens of a text. */
  sequenceLength: number;
  /** Maps to begin with: ridge regression to h_{n+i}, or the identity. */
  start: "ridge" | "identity";
}

/** The maps of hidden transfer. */
export class TransferTrainee implements Trainee {
  readonly steps: number;
  readonly pass: TransferPass;
  readonly #model: Transformer;
  readonly #settings: TransferSettings;
  readonly #weights: TransferWeights;

  constructor(model: Transformer, settings: TransferSettings) {
    const { gpu, config: { hiddenSize } } = model;
    this.#model = model;
    this.#settings = settings;
    this.steps = settings.layers.length;
    this.#weights = new TransferWeights(gpu, hiddenSize, this.steps, {
      withToken: settings.tokenLayer !== null,
    });
    this.pass = new TransferPass(model, this.#weights, { ...settings, kv: "f16" });
  }

  get parameters(): TransferWeights["parameters"] {
    return this.#weights.parameters;
  }

  async start(texts: TrainingTexts, signal?: AbortSignal): Promise<ParameterState["weights"]> {
    const { start, layers, tokenLayer, sequenceLength } = this.#settings;
    const { gpu, config: { hiddenSize } } = this.#model;
    if (start === "identity") return identityMaps(hiddenSize, layers.length, tokenLayer !== null);
    const shape = { hiddenSize, layers, sequenceLength };
    return await regressMaps(gpu, this.pass.forward, texts, shape, signal);
  }

  [Symbol.dispose](): void {
    this.pass[Symbol.dispose]();
    this.#weights[Symbol.dispose]();
  }
}
