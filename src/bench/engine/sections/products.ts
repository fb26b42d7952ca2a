import type { Gpu } from "../../../gpu/gpu.ts";
import { type Storage, storedBytes } from "../../../ops/products/codecs.ts";
import { outputStride, project } from "../../../ops/products/matmul.ts";
import { createWeightMatrix, freeWeightMatrix } from "../../../ops/products/weights.ts";
import { duration } from "../../report/numbers.ts";
import { table } from "../../report/table.ts";
import { timeInterleaved } from "../../timing/rounds.ts";
import { copyBandwidth } from "../bandwidth.ts";
import { textBatch } from "../text_batch.ts";
import { fillWithNumbers, noise } from "../weights.ts";

const ROW_COUNTS = [1, 2, 4, 8, 16, 32, 64];
const MOST_ROWS = 64;
/** Columns and length of the sums. */
const SHAPES = [[256, 256], [704, 256], [4096, 256], [4096, 4096]] as const;
const SCALES = { group: 32, format: "F16", offset: "added" } as const;
const STORAGES: readonly Storage[] = [
  { format: "F32" },
  { format: "F16" },
  { format: "U8", scales: SCALES },
  { format: "U4", scales: SCALES },
];

/** A product that was timed. */
interface Timing {
  shape: string;
  format: Storage["format"];
  rows: number;
  seconds: number;
  flops: number;
  weightBytes: number;
}

/** Matrix products of many row counts and shapes, beside the memory's speed and the best rate seen. */
export async function reportProducts(gpu: Gpu): Promise<string> {
  const bandwidth = await copyBandwidth(gpu);
  const timings: Timing[] = [];
  for (const [columns, inner] of SHAPES) {
    for (const storage of STORAGES) {
      timings.push(...await timeProducts(gpu, columns, inner, storage));
    }
  }
  const bestRate = Math.max(...timings.map(({ flops, seconds }) => flops / seconds));
  const row = (timing: Timing) => {
    const { shape, format, rows, seconds, flops, weightBytes } = timing;
    const [stream, compute] = [weightBytes / bandwidth, flops / bestRate];
    const floor = Math.max(stream, compute);
    return [
      `${shape} ${format}`,
      `${rows}`,
      duration(seconds),
      (flops / seconds / 1e9).toFixed(1),
      (weightBytes / seconds / 1e9).toFixed(1),
      `${duration(floor)} ${stream > compute ? "bytes" : "flops"}`,
      `${(100 * floor / seconds).toFixed(0)} %`,
    ];
  };
  return `  Copying from buffer to buffer: ${
    (bandwidth / 1e9).toFixed(1)
  } GB/s, reads and writes counted.\n` +
    "  GB/s of a product are those of its weights. The floor is the weights' bytes at the speed of\n" +
    "  the copy or the operations at the best rate of this table, whichever takes longer; weights\n" +
    "  that stay in a cache between repetitions can be faster than the copy.\n" +
    table([
      ["columns × inner", "rows", "time", "GFLOP/s", "GB/s", "floor", "reached"],
      ...timings.map(row),
    ]);
}

/** The products of one matrix with each number of rows, timed in turns. */
async function timeProducts(
  gpu: Gpu,
  columns: number,
  inner: number,
  storage: Storage,
): Promise<Timing[]> {
  const weights = createWeightMatrix(gpu, "timed weights", { columns, inner, ...storage });
  fillWithNumbers(gpu, weights);
  const input = gpu.upload("timed input", noise(MOST_ROWS * inner));
  const output = gpu.storage("timed output", 4 * MOST_ROWS * outputStride(columns));
  const batches = ROW_COUNTS.map((rows) => textBatch(gpu, rows));
  const things = ROW_COUNTS.map((rowCount, i) => ({
    label: `${rowCount} rows`,
    dispatches: project(gpu, { batch: batches[i], rowCount, weights, input, output }),
  }));
  const seconds = await timeInterleaved(gpu, things, { rounds: 5, roundSeconds: 0.03 });
  for (const { rows, ancestors } of batches) gpu.free(rows, ancestors);
  freeWeightMatrix(gpu, weights);
  gpu.free(input, output);
  return ROW_COUNTS.map((rows, i) => ({
    shape: `${columns}×${inner}`,
    format: storage.format,
    rows,
    seconds: seconds[i],
    flops: 2 * rows * columns * inner,
    weightBytes: storedBytes(columns * inner, storage),
  }));
}
