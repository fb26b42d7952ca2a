import { WeightLoader } from "../../model/weight_loader.ts";
import type { Transformer } from "../../model/transformer.ts";
import { freeWeightMatrix } from "../../ops/weights.ts";
import type { TransferMaps } from "./hidden_transfer.ts";

/** An open file of transfer maps. */
export interface TransferMapsSource {
  /** The file's tensors. */
  tensors: ConstructorParameters<typeof WeightLoader>[1];
  /** Names of W_1 … W_k, each [hidden, hidden]. */
  names: readonly string[];
  /** Layer that each map's pseudo state enters, not decreasing. */
  layers: readonly number[];
  /** Names of A and of the tokens' states, if maps start from the chosen token. */
  token?: { fromState: string; states: string };
}

/**
 * Uploads maps in the precision that the file has them in. Disposing of them frees their buffers.
 * @throws DataError if a map is missing or does not fit the model.
 */
export async function loadTransferMaps(
  { gpu, config: { hiddenSize, vocabSize } }: Transformer,
  { tensors, names, layers, token }: TransferMapsSource,
): Promise<TransferMaps & Disposable> {
  using loader = new WeightLoader(gpu, tensors);
  const matrix = (name: string, rows = hiddenSize) =>
    loader.matrix({ label: name, parts: [{ name, rows }], inner: hiddenSize });
  const maps = names.map((name) => matrix(name));
  const tokenMaps = token &&
    { fromState: matrix(token.fromState), states: matrix(token.states, vocabSize) };
  await loader.upload();
  return {
    maps,
    layers,
    ...(tokenMaps ? { token: tokenMaps } : {}),
    [Symbol.dispose]() {
      for (const map of [...maps, ...Object.values(tokenMaps ?? {})]) freeWeightMatrix(gpu, map);
    },
  };
}
