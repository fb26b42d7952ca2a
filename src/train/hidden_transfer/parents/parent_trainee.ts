import { TRANSFER_MAPS } from "../../../draft/hidden_transfer/load_maps.ts";
import type { TransferMaps } from "../../../draft/hidden_transfer/transfer_maps.ts";
import { DataError } from "../../../format/errors.ts";
import { writeWithParents } from "../../../format/trained/parent_factors.ts";
import type { Gpu } from "../../../gpu/gpu.ts";
import type { Transformer } from "../../../model/transformer.ts";
import type { ParameterState } from "../../parameters.ts";
import { randomBits } from "../../texts/random.ts";
import type { TrainedFile, Trainee } from "../../trainee.ts";
import { ParentPass } from "./parent_pass.ts";
import { ParentWeights } from "./parent_weights.ts";
import type { TransferPassOptions } from "../transfer_pass.ts";

/** What is trained for the maps of a file, and on what. */
export interface ParentSettings
  extends Pick<TransferPassOptions, "loss" | "batch" | "sequenceLength"> {
  /** The file. */
  from: string;
  /** Numbers of a token's factors; a multiple of 8. */
  rank: number;
}

/** Greatest factor of a child to begin with. Those of parents begin with zero, so that nothing is added. */
const FIRST_FACTOR = 0.2;

/** What tokens are worth after each other, beside maps of hidden transfer that stay as they are. */
export class ParentTrainee implements Trainee {
  readonly steps: number;
  readonly pass: ParentPass;
  readonly #settings: ParentSettings;
  readonly #maps: TransferMaps & Disposable;
  readonly #weights: ParentWeights;
  readonly #gpu: Gpu;

  /**
   * @throws NoInputError if the file cannot be read.
   * @throws DataError if it is malformed, or its maps draft one token, which has no parent.
   */
  static async open(model: Transformer, settings: ParentSettings): Promise<ParentTrainee> {
    const maps = await TRANSFER_MAPS.load(model, settings.from);
    if (maps.maps.length > 1) return new ParentTrainee(model, settings, maps);
    maps[Symbol.dispose]();
    throw new DataError(`${settings.from}: found one map, expected two or more with --parents`);
  }

  /** Takes the maps over. */
  private constructor(
    model: Transformer,
    settings: ParentSettings,
    maps: TransferMaps & Disposable,
  ) {
    const { head } = maps;
    this.steps = maps.maps.length;
    this.#gpu = model.gpu;
    this.#settings = settings;
    this.#maps = maps;
    this.#weights = new ParentWeights(model.gpu, {
      tokens: head?.ids.length ?? model.config.vocabSize,
      rank: settings.rank,
    });
    this.pass = new ParentPass(model, maps, this.#weights, { ...settings, head, kv: "f16" });
  }

  get parameters(): ParentWeights["parameters"] {
    return this.#weights.parameters;
  }

  /** Those that the file has, if they are as many of each token. */
  async start(): Promise<ParameterState["weights"]> {
    const [ofParents, ofChildren] = this.parameters.lengths;
    const { parents } = this.#maps;
    if (parents?.rank === this.#settings.rank) {
      const numbers = await this.#gpu.readFloats(parents.factors);
      const children = new Float32Array(ofChildren);
      children.set(numbers.subarray(ofParents, 2 * ofParents));
      return [numbers.slice(0, ofParents), children];
    }
    const random = Float32Array.from(
      { length: ofChildren },
      (_, i) => FIRST_FACTOR * (randomBits(1, i) * 2 ** -31 - 1),
    );
    return [new Float32Array(ofParents), random];
  }

  /** Writes the file of the maps anew, with the factors. */
  async write(
    path: string,
    [ofParents, ofChildren]: ParameterState["weights"],
    { training }: TrainedFile,
  ): Promise<void> {
    const { from, rank } = this.#settings;
    const { length } = ofParents;
    const factors = new Float32Array(2 * length);
    factors.set(ofParents);
    factors.set(ofChildren.subarray(0, length), length);
    await writeWithParents(path, from, { rank, factors, training });
  }

  [Symbol.dispose](): void {
    this.pass[Symbol.dispose]();
    this.#weights[Symbol.dispose]();
    this.#maps[Symbol.dispose]();
  }
}
