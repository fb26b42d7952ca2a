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
  /** Factor of the embeddings, a power of two, so that nothing is rounded; 1 if left out. */
  scale?: number;
  /** Whether embeddings of positions are added. */
  positioned?: boolean;
}

/** Every format, one token, vocabularies in several slices. */
export const EMBED_CASES: readonly EmbedCase[] = [
  { rows: 1, vocabularySize: 1, hiddenSize: 8, format: "F32" },
  { rows: 17, vocabularySize: 45, hiddenSize: 40, format: "BF16", tokensPerSlice: 24, scale: 0.5 },
  { rows: 64, vocabularySize: 101, hiddenSize: 264, format: "F16", tokensPerSlice: 56 },
  {
    rows: 7,
    vocabularySize: 45,
    hiddenSize: 72,
    format: "F16",
    tokensPerSlice: 24,
    scale: 8,
    positioned: true,
  },
  ...Object.values(QUANTISED).map((storage) => ({
    rows: 5,
    vocabularySize: 45,
    hiddenSize: 64,
    tokensPerSlice: 24,
    ...storage,
  })),
];

/** hidden = the tokens' embeddings times their factor, those of their positions added, exactly, and the first norm's input. */
export async function checkEmbed(
  gpu: Gpu,
  embedding: EmbedCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const { rows, vocabularySize, hiddenSize, tokensPerSlice, scale = 1, positioned = false } =
    embedding;
  const values = randomNormals(vocabularySize * hiddenSize, 1);
  const shape = { ...embedding, columns: vocabularySize, inner: hiddenSize };
  const { weights, stored } = workspace.matrix(values, shape, tokensPerSlice);
  const tokens = randomIntegers(rows, 2, vocabularySize);
  tokens[rows - 1] = vocabularySize - 1;
  const normWeight = randomNormals(hiddenSize, 3);
  const positionOf = (row: number) => 2 * (rows - row); // In another order than rows.
  const ofPositions = randomNormals((2 * rows + 1) * hiddenSize, 4);
  const hidden = workspace.rowFloats("hidden", rows, hiddenSize);
  const prepared = workspace.rowFloats("prepared", rows, preparedStride(hiddenSize));
  workspace.run(...embed(gpu, {
    batch: workspace.batch(tokens.map((token, row) => textRow(token, positionOf(row)))),
    rowCount: rows,
    embedding: weights,
    scale,
    positions: positioned ? workspace.upload("positions", ofPositions) : undefined,
    nextNorm: workspace.upload("norm", normWeight),
    hidden,
    prepared,
  }));
  const expected = new Float32Array(rows * hiddenSize);
  tokens.forEach((token, row) => {
    const vector = stored.subarray(token * hiddenSize, (token + 1) * hiddenSize);
    const at = positionOf(row) * hiddenSize;
    const added = (i: number) => positioned ? ofPositions[at + i] : 0;
    expected.set(vector.map((value, i) => scale * value + added(i)), row * hiddenSize);
  });
  const label = `embed, ${rows} of ${vocabularySize} tokens × ${hiddenSize} ${
    describeStorage(embedding)
  }${positioned ? " with positions" : ""}`;
  const words = new Uint32Array(expected.buffer);
  findings.equal(label, await gpu.readWords(hidden, 0, rows * hiddenSize), words);
  const follows = prepareRows(expected, normWeight);
  const foundPrepared = await gpu.readFloats(prepared, 0, rows * preparedStride(hiddenSize));
  findings.close(`${label}, prepared`, foundPrepared, follows, preparedTolerance(follows));
}
