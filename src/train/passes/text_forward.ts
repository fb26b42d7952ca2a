import type { Transformer } from "../../model/transformer.ts";
import { type Activations, createActivations, freeActivations } from "../../model/activations.ts";
import type { Cache } from "../../model/cache.ts";
import { padRows, textRow, writeRows } from "../../ops/rows.ts";
import type { Command } from "../../gpu/commands.ts";

/** What a text's pass through the model needs. */
export interface TextForwardOptions {
  /** T: tokens of a text. */
  sequenceLength: number;
  /** The text's keys and values take the slots 0 … T − 1. */
  cache: Cache;
  /** Layers whose entering states are kept. */
  keptLayers?: readonly number[];
}

/** A text's way through the frozen model, its states on entering some layers kept aside. */
export class TextForward implements Disposable {
  /** The text's rows, one for each position. */
  readonly at: Activations;
  /** From the tokens to the rows that enter the last of the kept layers. */
  readonly stepsToKept: readonly Command[];
  /** From the tokens to the rows that leave the last layer. */
  readonly steps: readonly Command[];
  readonly #model: Transformer;
  readonly #length: number;
  readonly #entering: ReadonlyMap<number, GPUBuffer>;

  constructor(model: Transformer, options: TextForwardOptions) {
    const { gpu, config: { hiddenSize } } = model;
    const { sequenceLength: length, cache, keptLayers = [] } = options;
    this.#model = model;
    this.#length = length;
    this.at = createActivations(model, { capacity: length, logitRows: 0, ancestorRoom: 1 });
    const inOrder = [...new Set(keptLayers)].sort((a, b) => a - b);
    this.#entering = new Map(inOrder.map((layer) => {
      const label = `text entering layer ${layer}`;
      return [layer, gpu.storage(label, 4 * padRows(length) * hiddenSize)];
    }));
    const through = (from: number, to?: number) =>
      model.runLayers(length, this.at, cache, { from, to });
    this.stepsToKept = this.#toKept(through);
    this.steps = [...this.stepsToKept, ...through(inOrder.at(-1) ?? 0)];
  }

  /** [positions, hidden] f32: the states that enter one of the kept layers. */
  entering(layer: number): GPUBuffer {
    return this.#entering.get(layer)!;
  }

  /**
   * Queues the tokens of the text that the steps are for.
   * @throws RangeError if their number is not T.
   */
  write(tokens: ArrayLike<number>): void {
    if (tokens.length !== this.#length) {
      throw new RangeError(`a text of ${tokens.length} tokens, expected ${this.#length}`);
    }
    const rows = Array.from(tokens, (token, position) => textRow(token, position));
    writeRows(this.#model.gpu, this.at.batch, rows);
  }

  #toKept(through: (from: number, to: number) => Command[]): Command[] {
    const byteLength = 4 * this.#model.config.hiddenSize * this.#length;
    const steps: Command[] = this.#model.embed(this.#length, this.at);
    let reached = 0;
    for (const [layer, target] of this.#entering) {
      steps.push(...through(reached, layer), { source: this.at.hidden, target, byteLength });
      reached = layer;
    }
    return steps;
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#model;
    freeActivations(gpu, this.at);
    gpu.free(...this.#entering.values());
  }
}
