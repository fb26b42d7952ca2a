/** How fast a model writes texts of its own, by how many at a time. */
import { ParallelDecoder } from "../decode/parallel_decoder.ts";
import { GREEDY } from "../ops/choose.ts";
import { keepBusy } from "../gpu/busy.ts";
import type { Transformer } from "../model/transformer.ts";
import { table } from "./report/table.ts";

/** Texts at a time, and tokens of each. */
const ROWS = [1, 4, 16, 64];
const TOKENS = 48;

/** Tokens per second by the number of texts that are written at a time, beside one alone. */
export async function reportOwnTexts(model: Transformer): Promise<string> {
  const speeds: number[] = [];
  for (const rows of ROWS) speeds.push(await tokensPerSecond(model, rows));
  return table([
    ["texts at a time", "tokens/s", "× one"],
    ...ROWS.map((rows, i) => [
      `${rows}`,
      speeds[i].toFixed(0),
      (speeds[i] / speeds[0]).toFixed(2),
    ]),
  ]);
}

async function tokensPerSecond(model: Transformer, rows: number): Promise<number> {
  using decoder = new ParallelDecoder(model, { rows, length: 1 + TOKENS });
  const write = async (maxTokens: number) => {
    const requests = Array.from({ length: rows }, (_, i) => ({
      promptIds: [7919 * (i + 1) % model.config.vocabSize],
      maxTokens,
      sampling: GREEDY,
      eosTokenIds: [],
    }));
    await Array.fromAsync(decoder.decode(requests));
  };
  await write(1); // Kernels are compiled.
  await keepBusy(model.gpu, () => write(TOKENS));
  const start = performance.now();
  await write(TOKENS);
  return 1000 * rows * TOKENS / (performance.now() - start);
}
