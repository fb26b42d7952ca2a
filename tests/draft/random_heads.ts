import type { MedusaHeads } from "../../src/draft/medusa/medusa_heads.ts";
import type { Transformer } from "../../src/model/transformer.ts";
import { freeWeightMatrix, uploadMatrix } from "../../src/ops/products/weights.ts";
import { randomNormals } from "../../src/checks/oracles/numbers/random.ts";

/** What the heads of a test are made of. */
export type HeadKind = "random" | "zero" | "overflowing";

/** The numbers of W1, b and W2 of all heads, each matrix a column after the other. */
export interface HeadNumbers {
  /** [k · hidden, hidden] */
  inner: Float32Array<ArrayBuffer>;
  /** [k, hidden] */
  bias: Float32Array<ArrayBuffer>;
  /** [vocabulary, hidden] each. */
  outputs: Float32Array<ArrayBuffer>[];
}

/** The same numbers for the same sizes. */
export function headNumbers(
  kind: HeadKind,
  { hiddenSize, vocabSize }: { hiddenSize: number; vocabSize: number },
  count: number,
): HeadNumbers {
  const scale = { random: 1 / Math.sqrt(hiddenSize), zero: 0, overflowing: 1e30 }[kind];
  return {
    inner: randomNormals(count * hiddenSize ** 2, 1, scale),
    bias: randomNormals(count * hiddenSize, 2, scale),
    outputs: Array.from(
      { length: count },
      (_, i) => randomNormals(vocabSize * hiddenSize, 3 + i, scale),
    ),
  };
}

/** Heads on the GPU; disposing of them frees them. */
export function createHeads(
  { gpu, config }: Transformer,
  { inner, bias, outputs }: HeadNumbers,
): MedusaHeads & Disposable {
  const { hiddenSize } = config;
  const matrix = (label: string, numbers: Float32Array<ArrayBuffer>) =>
    uploadMatrix(gpu, label, numbers, hiddenSize);
  const heads = {
    inner: matrix("inner", inner),
    bias: gpu.upload("bias", bias),
    outputs: outputs.map((numbers, i) => matrix(`output ${i}`, numbers)),
  };
  return {
    ...heads,
    [Symbol.dispose]() {
      for (const one of [heads.inner, ...heads.outputs]) freeWeightMatrix(gpu, one);
      gpu.free(heads.bias);
    },
  };
}
