import {
  openTransferMaps,
  TRANSFER_MAPS_FILE,
  transferMapNames,
} from "../../format/trained/transfer_maps.ts";
import type { Transformer } from "../../model/transformer.ts";
import { WeightLoader } from "../../model/weight_loader.ts";
import { freeWeightMatrix } from "../../ops/products/weights.ts";
import type { DraftAsset } from "../assets.ts";
import type { TransferMaps } from "./transfer_maps.ts";

/** The trained maps of a model. */
export const TRANSFER_MAPS: DraftAsset<TransferMaps & Disposable> = {
  method: "hidden-transfer",
  file: TRANSFER_MAPS_FILE,
  description: "maps of hidden transfer",
  flag: "maps",
  load: loadTransferMaps,
};

/** Uploads maps in the precision that the file has them in. */
async function loadTransferMaps(
  { gpu, config }: Transformer,
  path: string,
  baseFingerprint: string,
): Promise<TransferMaps & Disposable> {
  const { hiddenSize, vocabSize } = config;
  using file = await openTransferMaps(path, config, baseFingerprint);
  const { names, token } = transferMapNames(file);
  using loader = new WeightLoader(gpu, file.tensors);
  const matrix = (name: string, rows = hiddenSize) =>
    loader.matrix({ label: name, parts: [{ name, rows }], inner: hiddenSize });
  const maps = names.map((name) => matrix(name));
  const tokenMaps = token &&
    { fromState: matrix(token.fromState), states: matrix(token.states, vocabSize) };
  await loader.upload();
  return {
    maps,
    layers: file.layers,
    ...(tokenMaps ? { token: tokenMaps } : {}),
    [Symbol.dispose]() {
      for (const map of [...maps, ...Object.values(tokenMaps ?? {})]) freeWeightMatrix(gpu, map);
    },
  };
}
