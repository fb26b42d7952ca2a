import { assertEquals } from "@std/assert";
import { textRow } from "../../src/ops/rows.ts";
import { IS_SECOND_DRIVER, TEXT_VARIANTS, withGpu } from "../gpu/with_gpu.ts";
import { roundToHalf } from "../../src/checks/oracles/numbers/half.ts";
import { chainRows, createKvCache, forwardRows } from "../reference/model.ts";
import { randomIntegers } from "../../src/checks/oracles/numbers/random.ts";
import { assertClose, logitTolerance } from "./closeness.ts";
import { Forward } from "./forward.ts";
import {
  assertKeepsBits,
  assertSameInBatches,
  MODELS,
  SLOTS,
  tokenTree,
} from "./batches/batches.ts";
import { randomModel, tiny } from "./random_model.ts";
import { TRIED_ARCHITECTURES } from "./goldens/tiny_architectures.ts";

for (const { title, config: sizes, storedAs } of MODELS) {
  const config = tiny({ ...sizes });
  const ids = randomIntegers(70, 1, config.vocabSize);

  for (const kv of ["f32", "f16"] as const) {
    withGpu(`text and tree have the oracle's logits, ${title}, cache ${kv}`, async (gpu) => {
      using random = await randomModel(gpu, config, storedAs);
      using forward = new Forward(random.model, SLOTS, kv);
      const round = kv === "f16" ? (x: number) => roundToHalf(x, "F16") : undefined;
      const cache = createKvCache(config, SLOTS, round);
      // A key or value that lies on the edge between two halves may become either.
      const tolerance = logitTolerance(config) + (kv === "f16" ? 2 ** -10 : 0);
      const text = forwardRows(random.weights, config, chainRows(ids, 0), cache);
      assertClose(await forward.runText(ids), text.logits, tolerance);
      const tree = tokenTree(config, 33, ids.length, 2);
      const described = tree.map((row) => ({ ...row, ancestors: [...row.ancestors] }));
      const expected = forwardRows(random.weights, config, described, cache);
      assertClose(await forward.run(tree), expected.logits, tolerance);
    });
  }
}

for (const { title, options, isOwn } of TEXT_VARIANTS) {
  const { config: sizes, storedAs } = MODELS[1];
  const isSlow = IS_SECOND_DRIVER && !isOwn;
  const config = tiny({ ...sizes });
  const ids = randomIntegers(64, 3, config.vocabSize);

  withGpu(`${title}: a tree's nodes have the logits of their paths, bit for bit`, async (gpu) => {
    using random = await randomModel(gpu, config, storedAs);
    using forward = new Forward(random.model, SLOTS, "f16");
    for (const [nodes, prefix] of isSlow ? [[7, 1]] : [[1, 63], [7, 1], [40, 20], [64, 61]]) {
      const text = ids.slice(0, prefix);
      await forward.runText(text);
      const tree = tokenTree(config, nodes, prefix, nodes);
      const logits = await forward.run(tree);
      for (const [node, { ancestors }] of tree.entries()) {
        if (node % 5 !== 0 && node < nodes - 1) continue;
        const path = ancestors.map((slot) => tree.find((row) => row.slot === slot)!.token);
        using alone = new Forward(random.model, SLOTS, "f16");
        const expected = (await alone.runText([...text, ...path], 16)).slice(-config.vocabSize);
        const found = logits.slice(node * config.vocabSize, (node + 1) * config.vocabSize);
        assertEquals(found, expected, `node ${node} of ${nodes} behind ${prefix} tokens`);
      }
    }
  }, options);

  withGpu(`${title}: layers run in parts give the same bits as at once`, async (gpu) => {
    using random = await randomModel(gpu, config, storedAs);
    const rows = ids.map((id, position) => textRow(id, position));
    using whole = new Forward(random.model, SLOTS);
    const expected = await whole.run(rows);
    for (const cuts of isSlow ? [[1, 2, 3]] : [[0, 3], [1, 3], [2, 3], [1, 2, 3], [3, 3]]) {
      using parts = new Forward(random.model, SLOTS);
      assertEquals(await parts.run(rows, cuts), expected, `cut at ${cuts}`);
    }
  }, options);
}

for (const config of TRIED_ARCHITECTURES) {
  const ids = randomIntegers(40, 5, config.vocabSize);

  withGpu(`text and tree have the oracle's logits, ${config.architecture}`, async (gpu) => {
    using random = await randomModel(gpu, config, ["F32", "BF16", "F16"]);
    using forward = new Forward(random.model, SLOTS, "f32");
    const cache = createKvCache(config, SLOTS);
    const tolerance = logitTolerance(config);
    const text = forwardRows(random.weights, config, chainRows(ids, 0), cache);
    assertClose(await forward.runText(ids), text.logits, tolerance);
    const tree = tokenTree(config, 19, ids.length, 2);
    const described = tree.map((row) => ({ ...row, ancestors: [...row.ancestors] }));
    const expected = forwardRows(random.weights, config, described, cache);
    const found = await forward.run(tree);
    assertClose(found, expected.logits, tolerance);
    // The residual stream moves on between the parts.
    assertEquals(await forward.run(tree, [1, config.layerCount]), found);
  });
}

// The long tests try batches of every size, and both with the kernels of other devices.
withGpu("a text has the same logits, bit for bit, in batches of several sizes", async (gpu) => {
  await assertSameInBatches(gpu, [4, 9, 14, 19, 29, 44, 63, 64]);
});

for (const config of TRIED_ARCHITECTURES) {
  withGpu(`text and tree keep their bits, ${config.architecture}`, async (gpu) => {
    await assertKeepsBits(gpu, config);
  });
}
