import type { TransferMaps } from "../../draft/hidden_transfer/transfer_maps.ts";
import { untilAborted } from "../runs/until_aborted.ts";
import type { TextsWork } from "./accuracy.ts";
import { type AnalysisText, targetsAt } from "./analysis_text.ts";
import { PseudoStates } from "./pseudo_states.ts";
import type { TextStates } from "./text_states.ts";

/** How close pseudo states are to the states that they stand for. */
export interface Similarity {
  /** i = 1 … k */
  step: number;
  /** Of the states that enter this layer; the number of layers for those that leave the last. */
  layer: number;
  /** Mean cosine of the pseudo state with the real state at its position. */
  pseudo: number;
  /** Mean cosine of the real state at the origin with it: what no map at all would have. */
  origin: number;
}

/**
 * Compares the states of all positions, layer by layer from each step's entry layer on: of the texts that
 * are done when the signal is aborted, nothing if there are none.
 */
export async function measureSimilarity(
  text: TextStates,
  maps: TransferMaps,
  texts: readonly AnalysisText[],
  { signal, onText }: TextsWork = {},
): Promise<Similarity[]> {
  const size = text.model.config.hiddenSize;
  using pseudo = new PseudoStates(text, maps);
  const sums = new Map<string, { step: number; layer: number; pseudo: number; origin: number }>();
  const counts = new Map<string, number>();
  for (const one of texts) {
    const found = await untilAborted(signal, async () => {
      const states = await text.run(one.tokens);
      await pseudo.run(one.tokens);
      return { states, byLayer: await pseudo.read() };
    });
    if (!found) break;
    const { states, byLayer } = found;
    for (const [layer, made] of byLayer) {
      maps.layers.forEach((entryLayer, i) => {
        if (entryLayer > layer) return;
        const key = `${i} ${layer}`;
        const sum = sums.get(key) ?? { step: i + 1, layer, pseudo: 0, origin: 0 };
        for (const { origin } of targetsAt(one, i)) {
          const real = rowOf(states[layer], origin + i + 1, size);
          sum.pseudo += cosine(rowOf(made, i * text.length + origin, size), real);
          sum.origin += cosine(rowOf(states[layer], origin, size), real);
          counts.set(key, (counts.get(key) ?? 0) + 1);
        }
        sums.set(key, sum);
      });
    }
    onText?.();
  }
  return [...sums].map(([key, { step, layer, pseudo, origin }]) => {
    const count = counts.get(key)!;
    return { step, layer, pseudo: pseudo / count, origin: origin / count };
  }).sort((a, b) => a.step - b.step || a.layer - b.layer);
}

function rowOf(states: Float32Array, row: number, size: number): Float32Array {
  return states.subarray(row * size, (row + 1) * size);
}

/** Cosine of the angle between two vectors of one length. */
function cosine(a: Float32Array, b: Float32Array): number {
  let [product, squareA, squareB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += a[i] * b[i];
    squareA += a[i] ** 2;
    squareB += b[i] ** 2;
  }
  return product / Math.sqrt(squareA * squareB);
}
