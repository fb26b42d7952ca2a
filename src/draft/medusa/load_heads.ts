import { WeightLoader } from "../../model/weight_loader.ts";
import type { Transformer } from "../../model/transformer.ts";
import { freeWeightMatrix } from "../../ops/weights.ts";
import type { MedusaHeads } from "./medusa.ts";

/** An open file of Medusa's heads. */
export interface MedusaHeadsSource {
  /** The file's tensors. */
  tensors: ConstructorParameters<typeof WeightLoader>[1];
  /** For each head the names of W1 [hidden, hidden], b [hidden] and W2 [vocabulary, hidden]. */
  names: readonly { inner: string; bias: string; output: string }[];
}

/**
 * Uploads heads in the precision that the file has them in. Disposing of them frees their buffers.
 * @throws DataError if a tensor is missing or does not fit the model.
 */
export async function loadMedusaHeads(
  { gpu, config: { hiddenSize, vocabSize } }: Transformer,
  { tensors, names }: MedusaHeadsSource,
): Promise<MedusaHeads & Disposable> {
  using loader = new WeightLoader(gpu, tensors);
  const inner = loader.matrix({
    label: "inner weights of the heads",
    parts: names.map(({ inner: name }) => ({ name, rows: hiddenSize })),
    inner: hiddenSize,
  });
  const outputs = names.map(({ output: name }) =>
    loader.matrix({ label: name, parts: [{ name, rows: vocabSize }], inner: hiddenSize })
  );
  const bias = loader.vector({
    label: "biases of the heads",
    parts: names.map(({ bias: name }) => ({ name, rows: hiddenSize })),
  });
  await loader.upload();
  return {
    inner,
    bias,
    outputs,
    [Symbol.dispose]() {
      for (const matrix of [inner, ...outputs]) freeWeightMatrix(gpu, matrix);
      gpu.free(bias);
    },
  };
}
