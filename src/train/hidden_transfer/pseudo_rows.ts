import type { Transformer } from "../../model/transformer.ts";
import { type Activations, createActivations, freeActivations } from "../../model/activations.ts";
import { createRowBatch, type Row, type RowBatch, writeRows } from "../../ops/rows.ts";

/** Rows that are computed together. */
export interface RowsUnderWay {
  batch: RowBatch;
  rowCount: number;
}

/**
 * The pseudo rows of a text of T tokens, k for each position. Row (n, i), of position n and step
 * i = 1 … k, stands at position n + i and sees positions 0 … n of the text and the rows (n, 1 … i). It is
 * row (i − 1) · T + n, and its cache slot is that many after the T slots of the text. Rows beyond the end
 * of the text are computed and have no loss.
 */
export class PseudoRows implements Disposable {
  /** k · T. */
  readonly count: number;
  /** All rows, those of the first step first. */
  readonly at: Activations;
  readonly #model: Transformer;
  readonly #layers: readonly number[];
  readonly #length: number;
  /** The rows of the first steps, by the number of these. */
  readonly #batches: ReadonlyMap<number, RowBatch>;

  /** `layers` are t_1 ≤ … ≤ t_k, where the rows of each step enter. */
  constructor(model: Transformer, layers: readonly number[], length: number) {
    const stepCount = layers.length;
    this.#model = model;
    this.#layers = layers;
    this.#length = length;
    this.count = stepCount * length;
    const sizes = { capacity: this.count, logitRows: 0, ancestorRoom: stepCount };
    this.at = createActivations(model, sizes);
    const counts = new Set(layers.map((layer) => this.#stepsAt(layer)));
    this.#batches = new Map([...counts].map((steps) => [steps, this.#createBatch(steps)]));
  }

  /** Index of row (n, i), for i = 1 … k. */
  index(n: number, i: number): number {
    return (i - 1) * this.#length + n;
  }

  /** The steps i = 1 … k whose rows enter at the layer. */
  enteringAt(layer: number): number[] {
    return this.#layers.flatMap((entry, j) => entry === layer ? [j + 1] : []);
  }

  /** The rows that pass the layer, which is t_1 or above it. */
  passing(layer: number): RowsUnderWay {
    const steps = this.#stepsAt(layer);
    return { batch: this.#batches.get(steps)!, rowCount: steps * this.#length };
  }

  #stepsAt(layer: number): number {
    return this.#layers.filter((entry) => entry <= layer).length;
  }

  #createBatch(steps: number): RowBatch {
    const { gpu, contextLength } = this.#model;
    const length = this.#length;
    const batch = createRowBatch(gpu, steps * length, this.#layers.length);
    const rows = Array.from({ length: steps * length }, (_, index): Row => {
      const [i, n] = [Math.floor(index / length) + 1, index % length];
      // Rows beyond the context have no loss; they stay where there are rotations.
      const position = Math.min(n + i, contextLength - 1);
      const ancestors = Array.from({ length: i }, (_, j) => length + this.index(n, j + 1));
      const prefix = position - i + 1;
      return { token: 0, position, slot: length + index, prefix, ancestors };
    });
    writeRows(gpu, batch, rows);
    return batch;
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#model;
    freeActivations(gpu, this.at);
    for (const { rows, ancestors } of this.#batches.values()) gpu.free(rows, ancestors);
  }
}
