import type { Command } from "../../gpu/commands.ts";
import type { Activations } from "../../model/activations.ts";
import type { SeenKeys } from "../../train/hidden_transfer/pseudo_rows.ts";
import { TransferForward } from "../../train/hidden_transfer/transfer_forward.ts";
import type { PseudoMaps } from "../../train/hidden_transfer/transfer_weights.ts";
import type { TextStates } from "./text_states.ts";

/**
 * The states of pseudo rows by layer, from the first entry layer on: [rows, hidden] of the steps that have
 * entered it; those that leave the last layer come under the number of layers.
 */
export type StatesByLayer = ReadonlyMap<number, Float32Array>;

/**
 * Pseudo rows of all positions of a text at once, as training has them: row (i − 1) · length + n is that of
 * step i from position n.
 */
export class PseudoStates implements Disposable {
  readonly #text: TextStates;
  readonly #forward: TransferForward;
  readonly #steps: readonly Command[];

  /** For texts of at most as many positions as `text` has room for. */
  constructor(text: TextStates, maps: PseudoMaps, sees: SeenKeys = "earlier") {
    const options = { sequenceLength: text.length, kv: "f32", sees } as const;
    this.#text = text;
    this.#forward = new TransferForward(text.model, maps, options);
    this.#steps = this.#forward.steps();
  }

  /** After `run`, ready for the final norm. */
  get at(): Activations {
    return this.#forward.pseudo.at;
  }

  /**
   * Runs a text and its pseudo rows. Rows beyond the end of the text mean nothing.
   * @throws the reason of the text's signal if that is aborted.
   */
  async run(tokens: readonly number[]): Promise<void> {
    this.#forward.write(this.#text.fill(tokens));
    await this.#text.submit(this.#steps);
  }

  /** The states of the rows that ran last. */
  async read(): Promise<StatesByLayer> {
    const { pseudo, layers } = this.#forward;
    const { gpu, config: { hiddenSize, layerCount } } = this.#text.model;
    const ofLayers = layers.map((layer) =>
      [layer, this.#forward.tape(layer).hidden, pseudo.passing(layer).rowCount] as const
    );
    const all = [...ofLayers, [layerCount, pseudo.at.hidden, pseudo.count] as const];
    const found = all.map(async ([layer, buffer, rows]) =>
      [layer, await gpu.readFloats(buffer, 0, rows * hiddenSize)] as const
    );
    return new Map(await Promise.all(found));
  }

  [Symbol.dispose](): void {
    this.#forward[Symbol.dispose]();
  }
}
