import type { Gpu } from "../../gpu/gpu.ts";
import type { Storage } from "../../ops/products/codecs.ts";
import { embed } from "../../ops/products/embed.ts";
import { preparedStride } from "../../ops/products/product_input.ts";
import { textRow } from "../../ops/rows.ts";
import type { Findings } from "../check.ts";
import { preparedTolerance, prepareRows } from "../norms/prepared.ts";
import { randomIntegers, randomNormals } from "../oracles/numbers/random.ts";
import { Workspace } from "../workspace.ts";
import { describeStorage, QUANTISED } from "./storages.ts";

/** One embedding to check. */
export interface EmbedCase extends Storage {
  rows: number;
  vocabularySize: number;
  hiddenSize: number;
  /** A multiple of 8, to split the matrix. */
  tokensPerSlice?: number;
}

/** Every format, one token, vocabularies in several slices. */
export const EMBED_CASES: readonly EmbedCase[] = [
  { rows: 1, vocabularySize: 1, hiddenSize: 8, format: "F32" },
  { rows: 17, vocabularySize: 45, hiddenSize: 40, format: "BF16", tokensPerSlice: 24 },
  { rows: 64, vocabularySize: 101, hiddenSize: 264, format: "F16", tokensPerSlice: 56 },
  ...Object.values(QUANTISED).map((storage) => ({
    rows: 5,
    vocabularySize: 45,
    hiddenSize: 64,
    tokensPerSlice: 24,
    ...storage,
  })),
];

/** hidden = the tokens' embeddings, exactly, and the first norm's input. */
export async function checkEmbed(
  gpu: Gpu,
  embedding: EmbedCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const { rows, vocabularySize, hiddenSize, tokensPerSlice } = embedding;
  const values = randomNormals(vocabularySize * hiddenSize, 1);
  const shape = { ...embedding, columns: vocabularySize, inner: hiddenSize };
  const { weights, stored } = workspace.matrix(values, shape, tokensPerSlice);
  const tokens = randomIntegers(rows, 2, vocabularySize);
  tokens[rows - 1] = vocabularySize - 1;
  const normWeight = randomNormals(hiddenSize, 3);
  const hidden = workspace.rowFloats("hidden", rows, hiddenSize);
  const prepared = workspace.rowFloats("prepared", rows, preparedStride(hiddenSize));
  workspace.run(...embed(gpu, {
    batch: workspace.batch(tokens.map(textRow)),
    rowCount: rows,
    embedding: weights,
    nextNorm: workspace.upload("norm", normWeight),
    hidden,
    prepared,
  }));
  const expected = new Float32Array(rows * hiddenSize);
  tokens.forEach((token, row) => {
    const vector = stored.subarray(token * hiddenSize, (token + 1) * hiddenSize);
    expected.set(vector, row * hiddenSize);
  });
  const label = `embed, ${rows} of ${vocabularySize} tokens × ${hiddenSize} ${
    describeStorage(embedding)
  }`;
  const words = new Uint32Array(expected.buffer);
  findings.equal(label, await gpu.readWords(hidden, 0, rows * hiddenSize), words);
  const follows = prepareRows(expected, normWeight);
  const foundPrepared = await gpu.readFloats(prepared, 0, rows * preparedStride(hiddenSize));
  findings.close(`${label}, prepared`, foundPrepared, follows, preparedTolerance(follows));
}
