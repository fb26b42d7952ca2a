import { createDecoder } from "../../../decode/decoder.ts";
import { ModelFolder } from "../../../engine/model_folder.ts";
import { keepBusy } from "../../../gpu/busy.ts";
import type { Gpu } from "../../../gpu/gpu.ts";
import type { ModelConfig } from "../../../model/config.ts";
import type { Transformer } from "../../../model/transformer.ts";
import { grouped, percent } from "../../report/numbers.ts";
import { table } from "../../report/table.ts";
import { decodeAll, greedyRequest } from "../../runs/greedy.ts";
import { median } from "../../timing/statistics.ts";
import { withScratch } from "../scratch.ts";
import { type LlamaSizes, SEVEN_BILLION, SMALL, writeSparseModel } from "../sparse_model.ts";
import { layerWeights } from "../../../model/text_work.ts";
import { fillWithNumbers } from "../weights.ts";

const ROUNDS = 3;

/** A model in whose shape prompts are read, and how long they are. */
interface Prompts {
  name: string;
  sizes: LlamaSizes;
  lengths: readonly number[];
}

const OF_SOFTWARE: readonly Prompts[] = [
  { name: "SmolLM2-135M", sizes: SMALL, lengths: [500, 2200] },
];

const OF_A_GPU: readonly Prompts[] = [
  { name: "SmolLM2-135M", sizes: SMALL, lengths: [500, 2200, 8192] },
  { name: "Llama 2 7B", sizes: SEVEN_BILLION, lengths: [512, 2048] },
];

/** How fast prompts are read, by their length, with random weights in the shapes of known models. */
export async function* reportPrompts(gpu: Gpu): AsyncGenerator<string> {
  for (const prompts of gpu.isSoftware ? OF_SOFTWARE : OF_A_GPU) {
    yield await reportModel(gpu, prompts);
  }
  yield "  Medians. The share of attention is that of its operations, exponentials left out.\n";
}

async function reportModel(gpu: Gpu, { name, sizes, lengths }: Prompts): Promise<string> {
  return await withScratch(async (folder) => {
    const longest = Math.max(...lengths);
    await writeSparseModel(folder, { ...sizes, max_position_embeddings: longest + 1 });
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
    return `  With the sizes of ${name}:\n` + table([heading, ...rows]);
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
  await keepBusy(model.gpu, () => read(lengths[0], 1));
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
  const { layerCount, headCount, headDim } = config;
  return {
    products: 2 * layerCount * layerWeights(config) * length,
    attention: 2 * layerCount * headCount * headDim * length * length,
  };
}
