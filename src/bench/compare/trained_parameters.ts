import type { DraftAssets } from "../../draft/assets.ts";
import { assetsOf, type RegisteredMethod } from "../../draft/method.ts";
import { PartialHead } from "../../model/partial_head.ts";
import type { Transformer } from "../../model/transformer.ts";
import { CHILD } from "../../ops/tree/children.ts";

/** Numbers that were trained for a method, whose assets are loaded if they are not yet. */
export async function trainedParameters(
  method: RegisteredMethod,
  model: Transformer,
  assets: DraftAssets,
): Promise<number> {
  let sum = 0;
  for (const asset of assetsOf(method, assets)) {
    sum += countParameters(await assets.load(asset, model));
  }
  return sum;
}

/** Trained numbers in the weight matrices and f32 vectors of an asset. */
function countParameters(asset: unknown): number {
  if (typeof asset !== "object" || asset === null) return 0;
  if (asset instanceof GPUBuffer) return asset.size / 4;
  if ("columns" in asset && "inner" in asset) return Number(asset.columns) * Number(asset.inner);
  if (asset instanceof PartialHead) return 0; // The model's own.
  if ("phrases" in asset && asset.phrases instanceof GPUBuffer) {
    return asset.phrases.size / CHILD.byteLength(); // A probability for each token of a list.
  }
  // The states of all tokens are U times what is not trained; U is as large as A.
  if ("fromState" in asset) return 2 * countParameters(asset.fromState);
  return Object.values(asset).reduce((sum, part) => sum + countParameters(part), 0);
}
