import { assertEquals } from "@std/assert";
import type { LayerSkips } from "../../src/model/layer_skips.ts";
import { withGpu } from "../gpu/with_gpu.ts";
import { chainRows, createKvCache, forwardRows, type ModelFloats } from "../reference/model.ts";
import { randomIntegers } from "../../src/checks/oracles/numbers/random.ts";
import { assertClose, logitTolerance } from "./closeness.ts";
import { Forward } from "./forward.ts";
import { randomModel, tiny } from "./random_model.ts";

const LAYERS = 4;
const CONFIG = tiny({ hiddenSize: 40, layerCount: LAYERS, vocabSize: 100 });
const SLOTS = 64;
const IDS = randomIntegers(20, 1, CONFIG.vocabSize);

/** Indices of the parts that are left out: at the start, at the end, alone, together, all of them. */
const SKIPPED: readonly (readonly [attention: readonly number[], mlp: readonly number[]])[] = [
  [[], []],
  [[0], []],
  [[], [0]],
  [[0], [0]],
  [[3], []],
  [[], [3]],
  [[1, 2], [1, 2]],
  [[0, 2], [1, 3]],
  [[1, 3], [0, 2]],
  [[2, 3], [2, 3]],
  [[0, 1, 2, 3], []],
  [[], [0, 1, 2, 3]],
  [[0, 1, 2, 3], [0, 1, 2, 3]],
];

/** Weights of a model whose skipped parts add nothing to the residual stream. */
function withoutParts(weights: ModelFloats, { attention, mlp }: LayerSkips): ModelFloats {
  const silent = [
    ...[...attention].map((layer) => `model.layers.${layer}.self_attn.o_proj.weight`),
    ...[...mlp].map((layer) => `model.layers.${layer}.mlp.down_proj.weight`),
  ];
  const changed = new Map(weights);
  for (const name of silent) {
    const { shape, data } = weights.get(name)!;
    changed.set(name, { shape, data: new Float32Array(data.length) });
  }
  return changed;
}

for (const [attention, mlp] of SKIPPED) {
  const name = `without the attention of layers [${attention}] and the MLP of [${mlp}]`;
  withGpu(`the logits are the oracle's, ${name}`, async (gpu) => {
    const skips = { attention: new Set(attention), mlp: new Set(mlp) };
    using random = await randomModel(gpu, CONFIG, ["F32"]);
    using forward = new Forward(random.model, SLOTS, "f32", skips);
    const weights = withoutParts(random.weights, skips);
    const cache = createKvCache(CONFIG, SLOTS);
    const { logits } = forwardRows(weights, CONFIG, chainRows(IDS, 0), cache);
    assertClose(await forward.runText(IDS), logits, logitTolerance(CONFIG));
  });
}

withGpu("layers with parts left out give the same bits in pieces as at once", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  const skips = { attention: new Set([1, 2]), mlp: new Set([0, 2]) };
  const rows = chainRows(IDS, 0);
  using whole = new Forward(random.model, SLOTS, "f32", skips);
  const expected = await whole.run(rows);
  for (const cuts of [[0, LAYERS], [1, LAYERS], [2, LAYERS], [1, 2, 3, LAYERS]]) {
    using pieces = new Forward(random.model, SLOTS, "f32", skips);
    assertEquals(await pieces.run(rows, cuts), expected, `cut at ${cuts}`);
  }
});

withGpu("skipped attention leaves the cache as it was", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  const skips = { attention: new Set([2]), mlp: new Set<number>() };
  using forward = new Forward(random.model, SLOTS, "f32", skips);
  await forward.runText(IDS);
  const bytes = await Promise.all(forward.cache.layers.map(({ buffer }) => {
    const { buffer: whole, offset, size } = buffer as Required<GPUBufferBinding>;
    return gpu.read(whole, offset, size);
  }));
  const isUntouched = bytes.map((layer) => new Uint8Array(layer).every((byte) => byte === 0));
  assertEquals(isUntouched, [false, false, true, false]);
});
