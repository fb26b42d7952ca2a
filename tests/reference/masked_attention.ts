import {
  type AttentionShape,
  type RowDescription,
  scoreOf,
} from "../../src/checks/oracles/attention.ts";
import type { Floats } from "../../src/checks/oracles/numbers/floats.ts";

/**
 * Which slots each row sees, [rows, slots] of 0 or 1, asked slot by slot: it holds a committed
 * position of the row's history, or an ancestor, and that position is inside the window.
 */
export function visibilityMask(
  rows: readonly RowDescription[],
  slotCount: number,
  window: number | null = null,
): Uint8Array {
  const mask = new Uint8Array(rows.length * slotCount);
  rows.forEach((row, index) => {
    for (let slot = 0; slot < slotCount; slot++) {
      const ancestor = row.ancestors.indexOf(slot);
      const isCommitted = slot < row.prefix && slot <= row.position;
      const position = ancestor >= 0 ? row.prefix + ancestor : isCommitted ? slot : Infinity;
      const isVisible = position <= row.position &&
        (window === null || row.position - position < window);
      mask[index * slotCount + slot] = isVisible ? 1 : 0;
    }
  });
  return mask;
}

/**
 * Attention the other way round: every query meets every slot, and what the mask hides gets the
 * score −∞. Same shapes as `attention` of the oracles; sums run in slot order, so the two agree
 * up to rounding.
 */
export function maskedAttention(
  queries: Floats,
  keys: Floats,
  values: Floats,
  rows: readonly RowDescription[],
  shape: AttentionShape,
): Float64Array {
  const { headCount, kvHeadCount, headDim } = shape;
  const slotCount = keys.length / (kvHeadCount * headDim);
  const queriesPerKv = headCount / kvHeadCount;
  const mask = visibilityMask(rows, slotCount, shape.window);
  const output = new Float64Array(rows.length * headCount * headDim);
  for (let row = 0; row < rows.length; row++) {
    for (let kvHead = 0; kvHead < kvHeadCount; kvHead++) {
      for (let member = 0; member < queriesPerKv; member++) {
        const query = (row * headCount + kvHead * queriesPerKv + member) * headDim;
        const scores = new Float64Array(slotCount).fill(-Infinity);
        for (let slot = 0; slot < slotCount; slot++) {
          if (mask[row * slotCount + slot] === 0) continue;
          const key = (slot * kvHeadCount + kvHead) * headDim;
          let product = 0;
          for (let i = 0; i < headDim; i++) product += queries[query + i] * keys[key + i];
          scores[slot] = scoreOf(product, shape);
        }
        const logTotal = logSumExp(scores);
        for (let slot = 0; slot < slotCount; slot++) {
          const probability = Math.exp(scores[slot] - logTotal);
          const value = (slot * kvHeadCount + kvHead) * headDim;
          if (probability === 0) continue;
          for (let i = 0; i < headDim; i++) output[query + i] += probability * values[value + i];
        }
      }
    }
  }
  return output;
}

/** log Σ exp(x), without overflow. */
function logSumExp(x: Float64Array): number {
  const largest = x.reduce((a, b) => Math.max(a, b));
  return largest + Math.log(x.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}
