import type { Transformer } from "../../model/transformer.ts";
import { type Activations, createActivations, freeActivations } from "../../model/activations.ts";
import { createRowBatch, type Row, type RowBatch, writeRows } from "../../ops/rows.ts";
import { type OriginOptions, originsOf } from "../passes/origins.ts";

/** Which pseudo rows a pseudo row sees: those of earlier steps and itself, or itself alone. */
export type SeenKeys = "earlier" | "itself";

/** Which rows there are. */
export interface PseudoRowsOptions extends OriginOptions {
  /** What the rows see; as they draft, those of earlier steps too, if left out. */
  sees?: SeenKeys;
}

/** Rows that are computed together. */
export interface RowsUnderWay {
  batch: RowBatch;
  rowCount: number;
  /** The rows as attention sees them, if that is in another way. */
  seen?: RowBatch;
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
  /** k */
  readonly steps: number;
  /** All rows, those of the first step first. */
  readonly at: Activations;
  readonly #model: Transformer;
  readonly #layers: readonly number[];
  readonly #length: number;
  /** Number of each origin, by its position. */
  readonly #numbers: ReadonlyMap<number, number>;
  /** The rows of the first steps, by the number of these. */
  readonly #batches: ReadonlyMap<number, RowsUnderWay>;

  /** `layers` are t_1 ≤ … ≤ t_k, where the rows of each step enter. */
  constructor(model: Transformer, layers: readonly number[], options: PseudoRowsOptions) {
    const { sees = "earlier" } = options;
    this.steps = layers.length;
    this.#model = model;
    this.#layers = layers;
    this.#length = options.sequenceLength;
    this.origins = originsOf(options);
    this.#numbers = new Map(this.origins.map((position, number) => [position, number]));
    this.count = this.steps * this.origins.length;
    const sizes = { capacity: this.count, logitRows: 0, ancestorRoom: this.steps };
    this.at = createActivations(model, sizes);
    const counts = new Set(layers.map((layer) => this.#stepsAt(layer)));
    this.#batches = new Map([...counts].map((steps) => [steps, this.#createRows(steps, sees)]));
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
    return this.#batches.get(this.#stepsAt(layer))!;
  }

  #stepsAt(layer: number): number {
    return this.#layers.filter((entry) => entry <= layer).length;
  }

  #createRows(steps: number, sees: SeenKeys): RowsUnderWay {
    const { contextLength } = this.#model;
    const rowCount = this.first(steps + 1);
    const rows = Array.from({ length: rowCount }, (_, index): Row => {
      const i = Math.floor(index / this.origins.length) + 1;
      const n = this.origins[index % this.origins.length];
      // Rows beyond the context have no loss; they stay where there are rotations.
      const position = Math.min(n + i, contextLength - 1);
      const ancestors = Array.from({ length: i }, (_, j) => this.#slot(this.index(n, j + 1)));
      const prefix = position - i + 1;
      return { token: 0, position, slot: this.#slot(index), prefix, ancestors };
    });
    const batch = this.#batchOf(rows);
    return { batch, rowCount, ...(sees === "itself" && { seen: this.#batchOf(rows.map(alone)) }) };
  }

  #batchOf(rows: readonly Row[]): RowBatch {
    const batch = createRowBatch(this.#model.gpu, rows.length, this.steps);
    writeRows(this.#model.gpu, batch, rows);
    return batch;
  }

  #slot(index: number): number {
    return this.#length + index;
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#model;
    freeActivations(gpu, this.at);
    for (const { batch, seen } of this.#batches.values()) {
      for (const { rows, ancestors } of seen ? [batch, seen] : [batch]) gpu.free(rows, ancestors);
    }
  }
}

/**
 * The row as attention sees it without the steps before it: its own key follows the text. On layers with a
 * window row (n, i) sees i − 1 positions of the text more than at its own position.
 */
function alone({ token, slot, prefix }: Row): Row {
  return { token, position: prefix, slot, prefix, ancestors: [slot] };
}
