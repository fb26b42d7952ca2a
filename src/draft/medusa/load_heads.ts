import {
  MEDUSA_HEADS_KIND,
  medusaHeadNames,
  openMedusaHeads,
} from "../../format/trained/medusa_heads.ts";
import type { Transformer } from "../../model/transformer.ts";
import { WeightLoader } from "../../model/loading/weight_loader.ts";
import { freeWeightMatrix } from "../../ops/products/weights.ts";
import type { DraftAsset } from "../assets.ts";
import type { MedusaHeads } from "./medusa_heads.ts";

/** The trained heads of a model. */
export const MEDUSA_HEADS: DraftAsset<MedusaHeads & Disposable> = {
  method: "medusa",
  kind: MEDUSA_HEADS_KIND,
  description: "heads of Medusa",
  load: loadMedusaHeads,
};

/** Uploads heads in the precision that the file has them in. */
async function loadMedusaHeads(
  { gpu, config }: Transformer,
  path: string,
): Promise<MedusaHeads & Disposable> {
  const { hiddenSize, vocabSize } = config;
  using file = await openMedusaHeads(path, config);
  const names = Array.from({ length: file.heads }, (_, i) => medusaHeadNames(i + 1));
  using loader = new WeightLoader(gpu, file.tensors);
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
