import type { Floats } from "../../src/checks/oracles/numbers/floats.ts";
import { matmul } from "../../src/checks/oracles/matmul.ts";
import type { ReferenceConfig } from "./config.ts";
import { type Forward, type ModelFloats, normOf } from "./model.ts";
import type { TransferForward } from "./transfer.ts";

/** A head of Medusa. */
export interface MedusaHeadFloats {
  /** W1, [hidden, hidden]. */
  inner: Floats;
  /** b, [hidden]. */
  bias: Floats;
  /** W2, [vocabulary, hidden]. */
  output: Floats;
}

/**
 * Medusa (Cai et al., 2024) from its definition, on a text's own forward pass: with x, the last
 * hidden state after the final norm, the logits of a head are (x + silu(W1 · x + b)) · W2ᵀ.
 */
export function medusaForward(
  weights: ModelFloats,
  config: ReferenceConfig,
  text: Forward,
  heads: readonly MedusaHeadFloats[],
): TransferForward {
  const { hiddenSize, vocabSize, layerCount } = config;
  const last = text.hidden[layerCount];
  const shape = { rows: last.length / hiddenSize, inner: hiddenSize };
  const x = normOf(weights, config, "model.norm", last, hiddenSize);
  const pseudo = heads.map(({ inner, bias, output }) => {
    const block = matmul(x, inner, { ...shape, columns: hiddenSize }).map((product, i) => {
      const sum = product + bias[i % hiddenSize];
      return x[i] + sum / (1 + Math.exp(-sum));
    });
    return matmul(block, output, { ...shape, columns: vocabSize });
  });
  return { base: text.logits, pseudo };
}
