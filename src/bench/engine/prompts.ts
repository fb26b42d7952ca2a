import { createDecoder } from "../../decode/decoder.ts";
import { ModelFolder } from "../../engine/model_folder.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import type { ModelConfig } from "../../model/config.ts";
import type { Transformer } from "../../model/transformer.ts";
import { grouped, percent } from "../report/numbers.ts";
import { table } from "../report/table.ts";
import { decodeAll, greedyRequest } from "../runs/greedy.ts";
import { median } from "../timing/statistics.ts";
import { withScratch } from "./scratch.ts";
import { SMALL, writeSparseModel } from "./sparse_model.ts";
import { fillWithNumbers } from "./weights.ts";

const LENGTHS = [500, 2200];
/** Takes a minute and more on a software driver. */
const LONG = 8192;
const ROUNDS = 3;

/** How fast prompts are read, by their length, with random weights in the shape of SmolLM2-135M. */
export async function reportPrompts(gpu: Gpu): Promise<string> {
  const lengths = gpu.isSoftware ? LENGTHS : [...LENGTHS, LONG];
  return await withScratch(async (folder) => {
    await writeSparseModel(folder, { ...SMALL, max_position_embeddings: LONG + 1 });
    using model = await (await ModelFolder.open(folder)).loadOn(gpu);
    for (const matrix of new Set(model.matrices())) fillWithNumbers(gpu, matrix);
    const seconds = await timePrompts(model, lengths);
    const speeds = lengths.map((length, i) => length / seconds[i]);
    const rows = lengths.map((length, i) => {
      const { products, attention } = operations(model.config, length);
      return [
        grouped(length),
        `${seconds[i].toFixed(2)} s`,
        speeds[i].toFixed(0),
        percent(speeds[i] / speeds[0]),
        percent(attention / (products + attention)),
        ((products + attention) / seconds[i] / 1e9).toFixed(1),
      ];
    });
    const heading = ["tokens", "time", "tokens/s", "of the first", "attention", "GFLOP/s"];
    return table([heading, ...rows]) +
      "  Medians. The share of attention is that of its operations, exponentials left out.\n";
  });
}

/** Median seconds of a prompt of each length, in turns; nothing of one is in the cache for the next. */
async function timePrompts(model: Transformer, lengths: readonly number[]): Promise<number[]> {
  using decoder = createDecoder(model);
  const read = async (length: number, seed: number) => {
    const { vocabSize } = model.config;
    const ids = Array.from({ length }, (_, i) => (seed + 7919 * i) % vocabSize);
    return (await decodeAll(decoder, greedyRequest(ids, 1))).promptSeconds;
  };
  await read(lengths[0], 1); // Compiles the kernels.
  const seconds: number[][] = lengths.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, length] of lengths.entries()) {
      seconds[i].push(await read(length, 2 + round * lengths.length + i));
    }
  }
  return seconds.map(median);
}

/** Floating-point operations of reading a prompt, without the head. */
function operations(config: ModelConfig, length: number): { products: number; attention: number } {
  const { hiddenSize, intermediateSize, layerCount, headCount, kvHeadCount, headDim } = config;
  const attentionSize = headCount * headDim;
  const weights = hiddenSize * (2 * attentionSize + 2 * kvHeadCount * headDim) +
    3 * hiddenSize * intermediateSize;
  return {
    products: 2 * layerCount * weights * length,
    attention: 2 * layerCount * attentionSize * length * length,
  };
}
