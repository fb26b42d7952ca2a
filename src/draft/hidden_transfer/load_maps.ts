import {
  openTransferMaps,
  TOKEN_MAP_NAMES,
  TRANSFER_MAPS_KIND,
  transferMapName,
} from "../../format/trained/transfer_maps.ts";
import { PartialHead } from "../../model/partial_head.ts";
import type { Transformer } from "../../model/transformer.ts";
import { WeightLoader } from "../../model/loading/weight_loader.ts";
import { freeWeightMatrix } from "../../ops/products/weights.ts";
import type { DraftAsset } from "../assets.ts";
import { loadParents } from "./load_parents.ts";
import type { ChosenTokenMaps, TransferMaps } from "./transfer_maps.ts";

/** The trained maps of a model. */
export const TRANSFER_MAPS: DraftAsset<TransferMaps & Disposable> = {
  method: "hidden-transfer",
  kind: TRANSFER_MAPS_KIND,
  description: "maps of hidden transfer",
  flag: "maps",
  load: loadTransferMaps,
};

/** Uploads maps in the precision that the file has them in. */
async function loadTransferMaps(
  model: Transformer,
  path: string,
): Promise<TransferMaps & Disposable> {
  const { gpu, config: { hiddenSize, vocabSize } } = model;
  using file = await openTransferMaps(path, model.config);
  const { steps, layers, tokenLayer, hasStates, draftTokens, rightShares, parentRank } = file;
  using made = new DisposableStack();
  const parents = parentRank === null
    ? null
    : await loadParents(gpu, file.tensors, parentRank, draftTokens ?? undefined);
  if (parents) made.defer(() => gpu.free(parents.factors));
  using loader = new WeightLoader(gpu, file.tensors);
  const matrix = (name: string, rows = hiddenSize) =>
    loader.matrix({ label: name, parts: [{ name, rows }], inner: hiddenSize });
  const maps = Array.from({ length: steps }, (_, i) => matrix(transferMapName(i + 1)));
  const { fromState, fromToken, states } = TOKEN_MAP_NAMES;
  const token: ChosenTokenMaps | undefined = tokenLayer === null ? undefined : {
    fromState: matrix(fromState),
    ...(hasStates
      ? { states: matrix(states, vocabSize) }
      : { fromToken: { map: matrix(fromToken), layer: tokenLayer } }),
  };
  await loader.upload();
  const ofToken = token ? [token.fromState, token.states ?? token.fromToken.map] : [];
  for (const map of [...maps, ...ofToken]) made.defer(() => freeWeightMatrix(gpu, map));
  const head = draftTokens && made.use(new PartialHead(model, draftTokens));
  const owned = made.move();
  return {
    maps,
    layers,
    ...(token ? { token } : {}),
    ...(head ? { head } : {}),
    ...(parents ? { parents } : {}),
    ...(rightShares ? { rightShares } : {}),
    [Symbol.dispose]: () => owned.dispose(),
  };
}
