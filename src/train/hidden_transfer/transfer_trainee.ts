import type { ParentFactorsData } from "../../format/trained/parent_factors.ts";
import { writeTransferMaps } from "../../format/trained/transfer_maps.ts";
import { PartialHead } from "../../model/partial_head.ts";
import type { Transformer } from "../../model/transformer.ts";
import type { Loss } from "../../ops/train/loss.ts";
import type { ParameterState } from "../parameters.ts";
import type { OriginOptions } from "../passes/origins.ts";
import type { TrainingTexts } from "../texts/texts.ts";
import type { TrainedFile, Trainee } from "../trainee.ts";
import type { Work } from "../work.ts";
import { keptParents } from "./parents/kept_parents.ts";
import { tokenStates } from "./token_states.ts";
import { TransferPass } from "./transfer_pass.ts";
import { identityMaps, mapsOf, regressMaps } from "./first_maps/transfer_start.ts";
import { TransferWeights } from "./transfer_weights.ts";

/** What is trained for hidden transfer, and on what. */
export type TransferSettings = FirstMaps & OriginOptions & {
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
};

/**
 * Maps to begin with: those of a file, which also says what tokens are worth after each other, ridge regression
 * to h_{n+i}, or the identity.
 */
export type FirstMaps = { from: string } | { from?: never; start: "ridge" | "identity" };

/** Numbers of a table of the tokens' states that saves drafting a layer and is worth its megabytes. */
const SMALL_TABLE = 2 ** 21;

/** The maps of hidden transfer. */
export class TransferTrainee implements Trainee {
  readonly steps: number;
  readonly pass: TransferPass;
  readonly #model: Transformer;
  readonly #settings: TransferSettings;
  readonly #weights: TransferWeights;
  readonly #head: PartialHead | null;
  /** Read once, when they are first written. */
  #parents: Promise<ParentFactorsData | undefined> | undefined;

  /** `draftTokens` are the ids of the draft head's tokens, ascending; null for the model's own head. */
  constructor(
    model: Transformer,
    settings: TransferSettings,
    draftTokens: Uint32Array<ArrayBuffer> | null = null,
  ) {
    const { gpu, config: { hiddenSize } } = model;
    this.#model = model;
    this.#settings = settings;
    this.steps = settings.layers.length;
    this.#weights = new TransferWeights(gpu, { hiddenSize, ...settings });
    this.#head = draftTokens && new PartialHead(model, draftTokens);
    this.pass = new TransferPass(model, this.#weights, {
      ...settings,
      head: this.#head,
      kv: "f16",
    });
  }

  get parameters(): TransferWeights["parameters"] {
    return this.#weights.parameters;
  }

  async start(texts: TrainingTexts, work?: Work): Promise<ParameterState["weights"]> {
    const { layers, tokenLayer, sequenceLength } = this.#settings;
    const { gpu, config } = this.#model;
    const { hiddenSize } = config;
    if (this.#settings.from !== undefined) {
      return await mapsOf(this.#settings.from, config, { layers, tokenLayer });
    }
    if (this.#settings.start === "identity") {
      return identityMaps(hiddenSize, layers.length, tokenLayer !== null);
    }
    const shape = { hiddenSize, layers, sequenceLength };
    return await regressMaps(gpu, this.pass.forward, texts, shape, work);
  }

  async write(
    path: string,
    weights: ParameterState["weights"],
    { isFinished, ...about }: TrainedFile,
  ): Promise<void> {
    const { layers, tokenLayer } = this.#settings;
    const draftTokens = this.#head?.ids;
    const maps = weights.slice(0, layers.length);
    const [fromState, fromToken] = weights.slice(layers.length);
    const token = tokenLayer === null ? undefined : {
      layer: tokenLayer,
      fromState,
      ...(isFinished ? await this.#knownOf(tokenLayer, fromToken) : { fromToken }),
    };
    const parents = await (this.#parents ??= this.#keptParents());
    await writeTransferMaps(path, { layers, maps, token, draftTokens, parents, ...about });
  }

  /** What the file that the maps began with knows of tokens after each other. */
  async #keptParents(): Promise<ParentFactorsData | undefined> {
    const { from } = this.#settings;
    if (from === undefined) return undefined;
    return await keptParents(from, this.#model.config, this.#head?.ids ?? null);
  }

  /** The states of all tokens where they take little room, else what makes them. */
  async #knownOf(layer: number, fromToken: Float32Array<ArrayBuffer>) {
    const { hiddenSize, vocabSize } = this.#model.config;
    if (hiddenSize * vocabSize > SMALL_TABLE) return { fromToken };
    return { states: await tokenStates(this.#model, layer, fromToken) };
  }

  [Symbol.dispose](): void {
    this.pass[Symbol.dispose]();
    this.#head?.[Symbol.dispose]();
    this.#weights[Symbol.dispose]();
  }
}
