import type { Gpu } from "../../../gpu/gpu.ts";
import { type Cache, createCache, freeCache } from "../../../model/cache.ts";
import { attention } from "../../../ops/attention.ts";
import type { HeadShape } from "../../../ops/heads.ts";
import { padRows } from "../../../ops/rows.ts";
import { duration } from "../../report/numbers.ts";
import { table } from "../../report/table.ts";
import { timeInterleaved } from "../../timing/rounds.ts";
import { textBatch } from "../text_batch.ts";
import { noise } from "../weights.ts";

/** Heads of a 7B, of an 8B that shares keys and values, and of SmolLM2-135M. */
const HEADS: readonly HeadShape[] = [
  { headCount: 32, kvHeadCount: 32, headDim: 128 },
  { headCount: 32, kvHeadCount: 8, headDim: 128 },
  { headCount: 9, kvHeadCount: 3, headDim: 64 },
];

/** Rows of a plain step, and of a tree. */
const ROW_COUNTS = [1, 8];

/** Keys and values of as many layers as these bytes hold are read one after the other, so that no cache of a GPU has them. */
const READ_BYTES = 2 ** 28;
const MOST_LAYERS = 32;

/**
 * Attention of few rows at the end of a long text, where a workgroup walks through all spans of a row and where each
 * span has workgroups of its own, in turns.
 */
export async function reportLongAttention(gpu: Gpu): Promise<string> {
  const lengths = gpu.isSoftware ? [1280] : [1280, 8192, 32_768];
  const rows: string[][] = [];
  for (const heads of HEADS) {
    for (const length of lengths) rows.push(...await timeLength(gpu, heads, length));
  }
  return table([
    ["heads", "positions", "rows", "walked through", "spread", "ratio", "GB/s"],
    ...rows,
  ]);
}

/** A line for each number of rows. */
async function timeLength(gpu: Gpu, heads: HeadShape, length: number): Promise<string[][]> {
  const { headCount, kvHeadCount, headDim } = heads;
  const bytes = 4 * length * kvHeadCount * headDim;
  const layerCount = gpu.isSoftware ? 1 : Math.min(MOST_LAYERS, Math.ceil(READ_BYTES / bytes));
  const owner = { gpu, config: { ...heads, layerCount } };
  const cache = createCache(owner, 2 ** Math.ceil(Math.log2(length)), "f16", { isOfOneText: true });
  fill(gpu, cache);
  const lines: string[][] = [];
  for (const rowCount of ROW_COUNTS) {
    const [walked, spread] = await timeRows(gpu, heads, cache, rowCount, length);
    lines.push([
      `${headCount}/${kvHeadCount} × ${headDim}`,
      `${length}`,
      `${rowCount}`,
      duration(walked),
      spread === undefined ? "never" : duration(spread),
      spread === undefined ? "" : (walked / spread).toFixed(2),
      (bytes / (spread ?? walked) / 1e9).toFixed(0),
    ]);
  }
  freeCache(gpu, cache);
  return lines;
}

/** Seconds of a layer where it is walked through, and, if the device ever does that, where it is spread. */
async function timeRows(
  gpu: Gpu,
  heads: HeadShape,
  { layers, spanSums }: Cache,
  rowCount: number,
  length: number,
): Promise<number[]> {
  const width = heads.headCount * heads.headDim;
  const queries = gpu.upload("timed queries", noise(padRows(rowCount) * width));
  const output = gpu.storage("timed output", 4 * padRows(rowCount) * width);
  const batch = textBatch(gpu, rowCount, length - rowCount);
  const inputs = { batch, rowCount, heads, queries, output, scale: 1 / Math.sqrt(heads.headDim) };
  const timed = (label: string, room: GPUBuffer | undefined) => ({
    label,
    dispatches: layers.flatMap((layer) =>
      attention(gpu, { ...inputs, cache: { ...layer, spanSums: room } })
    ),
  });
  const ways = [timed("walked through", undefined)];
  if (spanSums) ways.push(timed("spread", spanSums));
  const seconds = await timeInterleaved(gpu, ways, { rounds: 5, roundSeconds: 0.03 });
  gpu.free(queries, output, batch.rows, batch.ancestors);
  return seconds.map((all) => all / layers.length);
}

/** Numbers as keys and values have them. */
function fill(gpu: Gpu, { buffers }: Cache): void {
  const block = new Uint8Array(Float16Array.from(noise(2 ** 18)).buffer);
  for (const { buffer } of buffers) {
    for (let at = 0; at < buffer.size; at += block.length) {
      gpu.write(buffer, at, block.subarray(0, Math.min(block.length, buffer.size - at)));
    }
  }
}
