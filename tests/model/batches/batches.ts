/** A text that is cut into batches of rows. */
import { assertEquals } from "@std/assert";
import { randomIntegers } from "../../../src/checks/oracles/numbers/random.ts";
import { randomTree } from "../../../src/checks/attention/attention_cases.ts";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import type { ModelConfig } from "../../../src/model/config.ts";
import type { LayerSkips } from "../../../src/model/layer_skips.ts";
import { type Row, textRow } from "../../../src/ops/rows.ts";
import { Forward } from "../forward.ts";
import { randomModel, type StoredAs, tiny, type TinyOptions } from "../random_model.ts";

/** Models whose sizes have little in common with each other and with any tile. */
export const MODELS: readonly { title: string; config: TinyOptions; storedAs: StoredAs }[] = [
  { title: "the smallest", config: {}, storedAs: ["F32"] },
  {
    title: "tied, interpolated rotations, f16",
    config: {
      hiddenSize: 64,
      intermediateSize: 72,
      layerCount: 3,
      headCount: 8,
      headDim: 16,
      vocabSize: 100,
      tieWordEmbeddings: true,
      ropeScaling: { type: "linear", factor: 2 },
    },
    storedAs: ["F16"],
  },
  {
    title: "one layer, one key-value head, rotations as in Llama 3.1, bf16",
    config: {
      hiddenSize: 40,
      intermediateSize: 104,
      layerCount: 1,
      headCount: 3,
      kvHeadCount: 1,
      headDim: 24,
      vocabSize: 257,
      ropeTheta: 500000,
      ropeScaling: {
        type: "llama3",
        factor: 8,
        lowFrequencyFactor: 1,
        highFrequencyFactor: 4,
        originalContextLength: 64,
      },
    },
    storedAs: ["BF16"],
  },
  {
    title: "twelve heads wider than the model, tensors of different types",
    config: { hiddenSize: 32, intermediateSize: 64, headCount: 12, kvHeadCount: 1, vocabSize: 1 },
    storedAs: ["F32", "F16", "BF16", "F16"],
  },
];

/** Slots of every cache: the context and as many for trees. */
export const SLOTS = 256;

/** A text of 64 tokens has the same logits, bit for bit, in batches of these sizes as token by token. */
export async function assertSameInBatches(gpu: Gpu, sizes: readonly number[]): Promise<void> {
  const { config, storedAs } = MODELS[1];
  using random = await randomModel(gpu, tiny({ ...config }), storedAs);
  const ids = randomIntegers(64, 3, random.model.config.vocabSize);
  using forward = new Forward(random.model, SLOTS, "f16");
  const expected = await forward.runText(ids, 1);
  for (const size of sizes) {
    using again = new Forward(random.model, SLOTS, "f16");
    assertEquals(await again.runText(ids, size), expected, `batches of ${size}`);
  }
}

/** A tree of random tokens behind a text of `prefix` tokens, its slots behind the context. */
export function tokenTree(config: ModelConfig, nodes: number, prefix: number, seed: number): Row[] {
  const tokens = randomIntegers(nodes, seed, config.vocabSize);
  const shift = config.contextLength - prefix;
  return randomTree(nodes, prefix, seed).map((row, node) => ({
    ...row,
    token: tokens[node],
    slot: row.slot + shift,
    ancestors: row.ancestors.map((slot) => slot + shift),
  }));
}

/** A text and a tree behind it have the same logits, bit for bit, however their rows are cut and stand. */
export async function assertKeepsBits(gpu: Gpu, config: ModelConfig): Promise<void> {
  const ids = randomIntegers(40, 5, config.vocabSize);
  using random = await randomModel(gpu, config, ["F16"]);
  using forward = new Forward(random.model, SLOTS, "f16");
  const expected = await forward.runText(ids, 1);
  for (const chunk of [2, 7, 16, 40]) {
    using again = new Forward(random.model, SLOTS, "f16");
    assertEquals(await again.runText(ids, chunk), expected, `batches of ${chunk}`);
  }
  const tree = tokenTree(config, 9, ids.length, 4);
  const logits = await forward.run(tree);
  const path = tree[8].ancestors.map((slot) => tree.find((row) => row.slot === slot)!.token);
  using alone = new Forward(random.model, SLOTS, "f16");
  const last = (await alone.runText([...ids, ...path], 16)).slice(-config.vocabSize);
  assertEquals(logits.slice(-config.vocabSize), last, "the last node of a tree");
}

/** Parts of three layers: at the beginning, in the middle and at the end, and both parts of a layer. */
const SKIPS: readonly LayerSkips[] = [
  { attention: new Set([1]), mlp: new Set([0]) },
  { attention: new Set([0]), mlp: new Set([0]) },
  { attention: new Set([2]), mlp: new Set([2]) },
  { attention: new Set([0, 1]), mlp: new Set([1, 2]) },
];

/**
 * Few rows have the bits of many through three layers of which parts are left out, and through layers one
 * by one while the stream moves on.
 */
export async function assertKeepsBitsInParts(gpu: Gpu, config: ModelConfig): Promise<void> {
  const ids = randomIntegers(12, 5, config.vocabSize);
  using random = await randomModel(gpu, config, ["F16"]);
  const { model } = random;
  for (const [i, skips] of SKIPS.entries()) {
    using few = new Forward(model, SLOTS, "f16", skips);
    using many = new Forward(model, SLOTS, "f16", skips);
    const expected = await many.runText(ids, ids.length);
    assertEquals(await few.runText(ids, 1), expected, `without the parts of choice ${i}`);
  }
  using cut = new Forward(model, SLOTS, "f16");
  using whole = new Forward(model, SLOTS, "f16");
  const logits = await cut.run(ids.slice(0, 3).map(textRow), [1, 2, 3]);
  const expected = (await whole.runText(ids, ids.length)).slice(0, logits.length);
  assertEquals(logits, expected, "layer by layer");
}
