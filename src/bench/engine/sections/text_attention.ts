import type { Gpu } from "../../../gpu/gpu.ts";
import { attention } from "../../../ops/attention.ts";
import { padRows } from "../../../ops/rows.ts";
import { duration } from "../../report/numbers.ts";
import { table } from "../../report/table.ts";
import { timeInterleaved } from "../../timing/rounds.ts";
import { textBatch } from "../text_batch.ts";
import { noise } from "../weights.ts";

/** Heads of a 7B, and of SmolLM2-135M. */
const HEADS = [
  { headCount: 32, kvHeadCount: 32, headDim: 128 },
  { headCount: 9, kvHeadCount: 3, headDim: 64 },
] as const;

/**
 * Attention of rows of a prompt by the kernel that serves rows of any kind, and by the one that serves many
 * at a time, in turns.
 */
export async function reportTextAttention(gpu: Gpu): Promise<string> {
  const rowCount = gpu.isSoftware ? 64 : 256;
  const lengths = gpu.isSoftware ? [512] : [512, 2048, 8192];
  const rows: string[][] = [];
  for (const heads of HEADS) {
    for (const length of lengths) rows.push(await timeHeads(gpu, heads, rowCount, length));
  }
  return table([
    ["heads", "rows", "positions", "any rows", "many at a time", "ratio", "GFLOP/s"],
    ...rows,
  ]);
}

/** The last `rowCount` rows of a text of `length` tokens. */
async function timeHeads(
  gpu: Gpu,
  heads: typeof HEADS[number],
  rowCount: number,
  length: number,
): Promise<string[]> {
  const { headCount, kvHeadCount, headDim } = heads;
  const width = headCount * headDim;
  const halves = Float16Array.from(noise(2 * length * kvHeadCount * headDim));
  const buffer = gpu.upload("timed cache", new Uint8Array(halves.buffer));
  const cache = { buffer, slots: length, format: "f16" } as const;
  const queries = gpu.upload("timed queries", noise(padRows(rowCount) * width));
  const output = gpu.storage("timed output", 4 * padRows(rowCount) * width);
  const first = length - rowCount;
  const batch = textBatch(gpu, rowCount, first);
  const timed = (text: boolean) => ({
    label: text ? "many at a time" : "any rows",
    dispatches: attention(gpu, {
      ...{ batch, rowCount, text, heads, queries, cache, output },
      scale: 1 / Math.sqrt(headDim),
    }),
  });
  const [any, many] = await timeInterleaved(gpu, [timed(false), timed(true)], {
    rounds: 5,
    roundSeconds: 0.03,
  });
  gpu.free(buffer, queries, output, batch.rows, batch.ancestors);
  const keys = rowCount * (length + first) / 2;
  return [
    `${headCount}/${kvHeadCount} × ${headDim}`,
    `${rowCount}`,
    `${length}`,
    duration(any),
    duration(many),
    (any / many).toFixed(2),
    (4 * keys * width / many / 1e9).toFixed(1),
  ];
}
