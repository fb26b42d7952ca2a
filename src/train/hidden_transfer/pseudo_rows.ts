import type { Transformer } from "../../model/transformer.ts";
import { type Activations, createActivations, freeActivations } from "../../model/activations.ts";
import { createRowBatch, type Row, type RowBatch, writeRows } from "../../ops/rows.ts";
import { type OriginOptions, originsOf } from "../passes/origins.ts";

/** Rows that are computed together. */
export interface RowsUnderWay {
  batch: RowBatch;
  rowCount: number;
}

/**
 * The pseudo rows of a text of T tokens, k for each of its O origins. Row (n, i), of the origin at position n
 * and step i = 1 … k, stands at position n + i and sees positions 0 … n of the text and the rows
 * (n, 1 … i). For origin number o it is row (i − 1) · O + o, and its cache slot is that many after the T
 * slots of the text. Rows beyond the end of the text are computed and have no loss.
 */
export class PseudoRows implements Disposable {
  /** Positions of the origins, ascending. */
  readonly origins: readonly number[];
  /** k · O. */
  readonly count: number;
  /** All rows, those of the first step first. */
  readonly at: Activations;
  readonly #model: Transformer;
  readonly #layers: readonly number[];
  readonly #length: number;
  /** Number of each origin, by its position. */
  readonly #numbers: ReadonlyMap<number, number>;
  /** The rows of the first steps, by the number of these. */
  readonly #batches: ReadonlyMap<number, RowBatch>;

  /** `layers` are t_1 ≤ … ≤ t_k, where the rows of each step enter. */
  constructor(model: Transformer, layers: readonly number[], options: OriginOptions) {
    const stepCount = layers.length;
    this.#model = model;
    this.#layers = layers;
    this.#length = options.sequenceLength;
    this.origins = originsOf(options);
    this.#numbers = new Map(this.origins.map((position, number) => [position, number]));
    this.count = stepCount * this.origins.length;
    const sizes = { capacity: this.count, logitRows: 0, ancestorRoom: stepCount };
    this.at = createActivations(model, sizes);
    const counts = new Set(layers.map((layer) => this.#stepsAt(layer)));
    this.#batches = new Map([...counts].map((steps) => [steps, this.#createBatch(steps)]));
  }

  /** Index of row (n, i), for an origin at position n and i = 1 … k. */
  index(n: number, i: number): number {
    return this.first(i) + this.#numbers.get(n)!;
  }

  /** Index of the first row of step i = 1 … k. */
  first(i: number): number {
    return (i - 1) * this.origins.length;
  }

  /** The steps i = 1 … k whose rows enter at the layer. */
  enteringAt(layer: number): number[] {
    return this.#layers.flatMap((entry, j) => entry === layer ? [j + 1] : []);
  }

  /** The rows that pass the layer, which is t_1 or above it. */
  passing(layer: number): RowsUnderWay {
    const steps = this.#stepsAt(layer);
    return { batch: this.#batches.get(steps)!, rowCount: this.first(steps + 1) };
  }

  #stepsAt(layer: number): number {
    return this.#layers.filter((entry) => entry <= layer).length;
  }

  #createBatch(steps: number): RowBatch {
    const { gpu, contextLength } = this.#model;
    const count = this.first(steps + 1);
    const batch = createRowBatch(gpu, count, this.#layers.length);
    const rows = Array.from({ length: count }, (_, index): Row => {
      const i = Math.floor(index / this.origins.length) + 1;
      const n = this.origins[index % this.origins.length];
      // Rows beyond the context have no loss; they stay where there are rotations.
      const position = Math.min(n + i, contextLength - 1);
      const ancestors = Array.from({ length: i }, (_, j) => this.#slot(this.index(n, j + 1)));
      const prefix = position - i + 1;
      return { token: 0, position, slot: this.#slot(index), prefix, ancestors };
    });
    writeRows(gpu, batch, rows);
    return batch;
  }

  #slot(index: number): number {
    return this.#length + index;
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#model;
    freeActivations(gpu, this.at);
    for (const { rows, ancestors } of this.#batches.values()) gpu.free(rows, ancestors);
  }
}
