import { submit } from "../../gpu/kernel.ts";
import { ContextFreeStates } from "../../model/context_free_states.ts";
import type { Transformer } from "../../model/transformer.ts";
import { project } from "../../ops/products/matmul.ts";
import { freeWeightMatrix, uploadMatrix } from "../../ops/products/weights.ts";

/** Tokens that pass the layers together. */
const TOKENS_AT_ONCE = 64;

/**
 * U · g for every token, [vocabulary, hidden], where g is what the layers below `layer` make of the
 * token alone: all that drafting needs of U and those layers.
 *
 * @param fromToken U, [hidden, hidden].
 */
export async function tokenStates(
  model: Transformer,
  layer: number,
  fromToken: Float32Array<ArrayBuffer>,
): Promise<Float32Array<ArrayBuffer>> {
  const { gpu, config: { hiddenSize, vocabSize } } = model;
  using contextFree = new ContextFreeStates(model, { count: TOKENS_AT_ONCE, layer });
  const weights = uploadMatrix(gpu, "map from the token", fromToken, hiddenSize);
  const output = gpu.storage("token states", 4 * hiddenSize * TOKENS_AT_ONCE);
  const states = new Float32Array(vocabSize * hiddenSize);
  const { batch, hidden } = contextFree.at;
  for (let first = 0; first < vocabSize; first += TOKENS_AT_ONCE) {
    const rowCount = Math.min(TOKENS_AT_ONCE, vocabSize - first);
    contextFree.write(Array.from({ length: rowCount }, (_, i) => first + i));
    submit(gpu, [
      ...contextFree.dispatches,
      ...project(gpu, { batch, rowCount: TOKENS_AT_ONCE, weights, input: hidden, output }),
    ]);
    states.set(await gpu.readFloats(output, 0, rowCount * hiddenSize), first * hiddenSize);
  }
  freeWeightMatrix(gpu, weights);
  gpu.free(output);
  return states;
}
