import { assertEquals } from "@std/assert";
import { layerWeights, textWork } from "../../src/model/text_work.ts";
import { tiny } from "./random_model.ts";

Deno.test("the work of a text is that of its weights, and of what each token sees in each layer", () => {
  const config = tiny({ layerCount: 2 });
  const windows = [null, 3];
  const windowed = {
    ...config,
    layers: config.layers.map((layer, i) => ({
      ...layer,
      attention: { ...layer.attention, window: windows[i] },
    })),
  };
  const { hiddenSize, intermediateSize, headCount, kvHeadCount, headDim } = config;
  const queries = headCount * headDim;
  const matrices = [
    [queries, hiddenSize],
    [kvHeadCount * headDim, hiddenSize],
    [kvHeadCount * headDim, hiddenSize],
    [hiddenSize, queries],
    [intermediateSize, hiddenSize],
    [intermediateSize, hiddenSize],
    [hiddenSize, intermediateSize],
  ];
  const weights = matrices.reduce((sum, [rows, columns]) => sum + rows * columns, 0);
  let expected = 0;
  for (let position = 0; position < 9; position++) {
    assertEquals(textWork(windowed, position), expected);
    for (const window of windows) {
      // Each key is multiplied with a query, and each value with a probability.
      expected += weights + 2 * queries * Math.min(position + 1, window ?? Infinity);
    }
  }
});

Deno.test("an MLP without gates has one matrix less", () => {
  const config = tiny();
  const mlp = { bias: false, activation: "relu-squared", experts: null } as const;
  const ungated = { ...config, layers: config.layers.map((layer) => ({ ...layer, mlp })) };
  const less = layerWeights(config) - layerWeights(ungated);
  assertEquals(less, config.intermediateSize * config.hiddenSize);
});
