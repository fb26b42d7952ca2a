import type { Gpu } from "../../gpu/gpu.ts";
import { type Storage, storedBytes } from "../../ops/products/codecs.ts";
import { outputStride, project } from "../../ops/products/matmul.ts";
import { createWeightMatrix, freeWeightMatrix } from "../../ops/products/weights.ts";
import type { ManyRowsLayout, ProductLayout } from "../../ops/layouts.ts";
import { PROFILES } from "../../ops/profiles.ts";
import { createRowBatch, padRows, type RowBatch, textRow, writeRows } from "../../ops/rows.ts";
import { duration } from "../report/numbers.ts";
import { table } from "../report/table.ts";
import { timeInterleaved } from "../timing/rounds.ts";
import { fillWithNumbers, noise } from "./weights.ts";

/** A way to compute products on a GPU. */
interface Design {
  name: string;
  /** How its weights lie: that of the layout for any number of rows. */
  order: ProductLayout["weightOrder"];
  layout: ProductLayout | ManyRowsLayout;
  leastRows: number;
}

const { gpu: COLUMNS, gpu_blocks: BLOCKS } = PROFILES;
const [TILES] = BLOCKS.layouts.manyRowsProduct;

/** Those of which measurement has to choose. The last three give the same bits. */
const DESIGNS: readonly Design[] = [
  { name: "gpu", order: "columns", layout: COLUMNS.layouts.product, leastRows: 1 },
  {
    name: "blocks, lanes alike",
    order: "blocks",
    layout: { ...BLOCKS.layouts.product, rowLanes: 1 },
    leastRows: 1,
  },
  { name: "blocks", order: "blocks", layout: BLOCKS.layouts.product, leastRows: 1 },
  { name: "tiles", order: "blocks", layout: TILES, leastRows: 64 },
];

const CODES = { format: "U4", scales: { group: 64, format: "F16", offset: "added" } } as const;
const STORAGES: readonly Storage[] = [{ format: "F16" }, CODES];

/** What is timed: columns and lengths of sums, and rows. */
interface Sizes {
  shapes: readonly (readonly [columns: number, inner: number])[];
  rowCounts: readonly number[];
  /** Bytes of weights that are read in turn, so that no cache has them. */
  streamedBytes: number;
}

/** Gates and values, attention outputs and down of a 7B, gates and values of a 1.1B. */
const OF_A_GPU: Sizes = {
  shapes: [[22016, 4096], [4096, 4096], [4096, 11008], [11264, 2048]],
  rowCounts: [1, 2, 4, 8, 16, 32, 64, 256, 512],
  streamedBytes: 400e6,
};

const OF_SOFTWARE: Sizes = { shapes: [[768, 576]], rowCounts: [1, 4, 16, 64], streamedBytes: 0 };

/** The designs of products for GPUs beside each other, in turns, by rows, shape and codec. */
export async function* reportDesigns(gpu: Gpu): AsyncGenerator<string> {
  const sizes = gpu.isSoftware ? OF_SOFTWARE : OF_A_GPU;
  const names = DESIGNS.map(({ name }) => name);
  const heading = ["columns × inner", "rows", ...names, "fastest", "GB/s", "TFLOP/s"];
  for (const [columns, inner] of sizes.shapes) {
    for (const storage of STORAGES) {
      yield table([heading, ...await timeShape(gpu, { columns, inner, ...storage }, sizes)]);
    }
  }
  yield "  After each time, that of the design's fewest rows = 1. GB/s are those of the weights, both\n" +
    "  rates those of the fastest.\n";
}

/** The lines of a shape: every number of rows by every design. */
async function timeShape(
  gpu: Gpu,
  shape: Storage & { columns: number; inner: number },
  { rowCounts, streamedBytes }: Sizes,
): Promise<string[][]> {
  const { columns, inner } = shape;
  const bytes = storedBytes(columns * inner, shape);
  const copies = Math.max(1, Math.ceil(streamedBytes / bytes));
  const matrices = Map.groupBy(DESIGNS, ({ order }) => order).keys().map((order) => ({
    order,
    copies: Array.from({ length: copies }, (_, i) => {
      const weights = createWeightMatrix(gpu, `timed weights ${i}`, { ...shape, order });
      fillWithNumbers(gpu, weights);
      return weights;
    }),
  })).toArray();
  const most = Math.max(...rowCounts);
  const input = gpu.upload("timed input", noise(padRows(most) * inner));
  const output = gpu.storage("timed output", 4 * padRows(most) * outputStride(columns));
  const batches = rowCounts.map((count) => batchOf(gpu, count));
  const runs = rowCounts.flatMap((rowCount, i) =>
    DESIGNS.filter(({ leastRows }) => rowCount >= leastRows).map(({ name, order, layout }) => {
      const { copies } = matrices.find((one) => one.order === order)!;
      const inputs = { batch: batches[i], rowCount, input, output, layout };
      const dispatches = copies.flatMap((weights) => project(gpu, { ...inputs, weights }));
      return { label: name, rowCount, dispatches };
    })
  );
  const seconds = await timeInterleaved(gpu, runs, { rounds: 5, roundSeconds: 0.02 });
  for (const { rows, ancestors } of batches) gpu.free(rows, ancestors);
  for (const { copies } of matrices) for (const one of copies) freeWeightMatrix(gpu, one);
  gpu.free(input, output);
  const timed = runs.map(({ label, rowCount }, i) => ({
    ...{ label, rowCount },
    seconds: seconds[i] / copies,
  }));
  return rowCounts.map((rowCount) => {
    const own = timed.filter((one) => one.rowCount === rowCount);
    const [fastest] = own.toSorted((a, b) => a.seconds - b.seconds);
    const cells = DESIGNS.map(({ name }) => {
      const one = own.find(({ label }) => label === name);
      const alone = timed.find(({ label }) => label === name)!;
      return one ? `${duration(one.seconds)} ${(one.seconds / alone.seconds).toFixed(2)}` : "";
    });
    return [
      `${columns}×${inner} ${shape.format}`,
      `${rowCount}`,
      ...cells,
      fastest.label,
      (bytes / fastest.seconds / 1e9).toFixed(1),
      (2 * rowCount * columns * inner / fastest.seconds / 1e12).toFixed(2),
    ];
  });
}

function batchOf(gpu: Gpu, count: number): RowBatch {
  const batch = createRowBatch(gpu, padRows(count), 1);
  writeRows(gpu, batch, Array.from({ length: count }, (_, i) => textRow(0, i)));
  return batch;
}
