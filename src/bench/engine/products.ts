import type { Gpu } from "../../gpu/gpu.ts";
import { outputStride, project } from "../../ops/matmul.ts";
import { createRowBatch, padRows, type RowBatch, textRow, writeRows } from "../../ops/rows.ts";
import {
  BYTES_PER_WEIGHT,
  createWeightMatrix,
  freeWeightMatrix,
  type WeightFormat,
  type WeightMatrix,
} from "../../ops/weights.ts";
import { duration, table } from "../table.ts";
import { timeInterleaved } from "../timing.ts";

const ROW_COUNTS = [1, 2, 4, 8, 16, 32, 64];
const MOST_ROWS = 64;
/** Columns and length of the sums. */
const SHAPES = [[256, 256], [704, 256], [4096, 256], [4096, 4096]] as const;
const FORMATS: readonly WeightFormat[] = ["F32", "F16"];

/** A product that was timed. */
interface Timing {
  shape: string;
  format: WeightFormat;
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
    for (const format of FORMATS) timings.push(...await timeProducts(gpu, columns, inner, format));
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
  format: WeightFormat,
): Promise<Timing[]> {
  const weights = createWeightMatrix(gpu, "timed weights", { columns, inner, format });
  fillWithNumbers(gpu, weights);
  const input = gpu.upload("timed input", noise(MOST_ROWS * inner));
  const output = gpu.storage("timed output", 4 * MOST_ROWS * outputStride(columns));
  const batches = ROW_COUNTS.map((rows) => batchOf(gpu, rows));
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
    format,
    rows,
    seconds: seconds[i],
    flops: 2 * rows * columns * inner,
    weightBytes: columns * inner * BYTES_PER_WEIGHT[format],
  }));
}

function batchOf(gpu: Gpu, count: number): RowBatch {
  const batch = createRowBatch(gpu, padRows(count), 1);
  writeRows(gpu, batch, Array.from({ length: count }, (_, i) => textRow(0, i)));
  return batch;
}

/** Ordinary numbers, no denormal ones: those are slow on some processors. */
function fillWithNumbers(gpu: Gpu, weights: WeightMatrix): void {
  const block = noise(2 ** 18);
  const bytes = weights.format === "F32"
    ? new Uint8Array(block.buffer)
    : new Uint8Array(Float16Array.from(block).buffer);
  for (const { buffer } of weights.slices) {
    for (let at = 0; at < buffer.size; at += bytes.length) {
      gpu.write(buffer, at, bytes.subarray(0, Math.min(bytes.length, buffer.size - at)));
    }
  }
}

function noise(count: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, () => Math.random() - 0.5);
}

/** Bytes per second, read and written, of copies between two large buffers. */
async function copyBandwidth(gpu: Gpu): Promise<number> {
  const byteLength = Math.min(256 * 2 ** 20, gpu.limits.maxBufferSize);
  const from = gpu.storage("copied from", byteLength);
  const to = gpu.storage("copied to", byteLength);
  const copy = async (times: number) => {
    const encoder = gpu.device.createCommandEncoder({ label: "copies" });
    for (let i = 0; i < times; i++) encoder.copyBufferToBuffer(from, 0, to, 0, byteLength);
    const start = performance.now();
    gpu.device.queue.submit([encoder.finish()]);
    await gpu.idle();
    return (performance.now() - start) / 1000;
  };
  await copy(1); // Touches the memory.
  // The wait itself is worth some copies; many of them make it small.
  let times = 4;
  let seconds = await copy(times);
  while (seconds < 0.5) {
    times *= 2;
    seconds = await copy(times);
  }
  seconds = Math.min(seconds, await copy(times), await copy(times));
  gpu.free(from, to);
  return 2 * byteLength * times / seconds;
}
