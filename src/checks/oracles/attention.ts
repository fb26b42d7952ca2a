import type { Floats } from "./numbers/floats.ts";

/**
 * The position of a row and what it sees: the positions 0 … `position` of its own history.
 *
 * The history starts in the committed cache, where position p lies in slot p, and goes on in the
 * tree area, where the row's ancestors lie in slots of their own. A prompt row, a chain and a tree
 * node differ in these numbers only.
 */
export interface RowDescription {
  /** Logical position, counted from 0. */
  position: number;
  /** The positions below this are in the cache slot of the same number. */
  prefix: number;
  /** Cache slot of the row's own key and value. */
  slot: number;
  /** Slots of the positions prefix … position, root first, the row's own slot last. */
  ancestors: number[];
}

/** An attention. Query head h reads key/value head floor(h · kvHeadCount / headCount). */
export interface AttentionShape {
  headCount: number;
  kvHeadCount: number;
  headDim: number;
  /** Factor of the products of queries and keys; 1 / sqrt(headDim) if left out. */
  scale?: number;
  /** c in c · tanh(product / c), after the scale; none if left out. */
  softCap?: number | null;
  /** Positions that a row sees, its own included; all if left out. */
  window?: number | null;
  /** [headCount]: a score that joins the denominator of each head's softmax; none if left out. */
  sinks?: Floats | null;
}

/** The score of a product of a query and a key. */
export function scoreOf(product: number, { headDim, scale, softCap }: AttentionShape): number {
  const score = product * (scale ?? 1 / Math.sqrt(headDim));
  return softCap ? softCap * Math.tanh(score / softCap) : score;
}

/**
 * The cache slots of the positions that a row sees, in logical order: all up to its own, or the last `window` of
 * them.
 */
export function visibleSlots(row: RowDescription, window?: number | null): number[] {
  const slots: number[] = [];
  for (let position = 0; position <= row.position; position++) {
    slots.push(position < row.prefix ? position : row.ancestors[position - row.prefix]);
  }
  if (slots[row.position] !== row.slot) {
    throw new RangeError(
      `row at position ${row.position}: its history ends in slot ${
        slots[row.position]
      }, not in its own slot ${row.slot}`,
    );
  }
  return window ? slots.slice(-window) : slots;
}

/**
 * Scaled dot-product attention (Vaswani et al., 2017) with grouped queries (Ainslie et al., 2023)
 * over the history of each row: softmax_p(score(q · k_p)) weighs the values v_p. A sink takes its
 * share of the weights and has no value.
 *
 * `queries` are [rows, headCount, headDim], `keys` and `values` [slots, kvHeadCount, headDim], both
 * keys and queries already rotated. Returns [rows, headCount, headDim]. Sums run over positions in
 * logical order, so a history has one result wherever its slots are.
 */
export function attention(
  queries: Floats,
  keys: Floats,
  values: Floats,
  rows: readonly RowDescription[],
  shape: AttentionShape,
): Float64Array {
  const { headCount, kvHeadCount, headDim } = shape;
  const output = new Float64Array(rows.length * headCount * headDim);
  for (let row = 0; row < rows.length; row++) {
    const slots = visibleSlots(rows[row], shape.window);
    for (let head = 0; head < headCount; head++) {
      const kvHead = Math.floor(head * kvHeadCount / headCount);
      const query = (row * headCount + head) * headDim;
      const starts = slots.map((slot) => (slot * kvHeadCount + kvHead) * headDim);
      const scores = starts.map((key) => {
        let dot = 0;
        for (let i = 0; i < headDim; i++) dot += queries[query + i] * keys[key + i];
        return scoreOf(dot, shape);
      });
      const sink = shape.sinks?.[head] ?? -Infinity;
      const largest = scores.reduce((a, b) => Math.max(a, b), sink);
      const weights = scores.map((score) => Math.exp(score - largest));
      const total = weights.reduce((a, b) => a + b, Math.exp(sink - largest));
      for (let i = 0; i < headDim; i++) {
        let sum = 0;
        for (let p = 0; p < starts.length; p++) sum += weights[p] * values[starts[p] + i];
        output[query + i] = sum / total;
      }
    }
  }
  return output;
}
