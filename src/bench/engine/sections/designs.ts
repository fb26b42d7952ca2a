import type { Gpu } from "../../../gpu/gpu.ts";
import { type Storage, storedBytes } from "../../../ops/products/codecs.ts";
import { outputStride, project } from "../../../ops/products/matmul.ts";
import { BLOCK_TILES, fits } from "../../../ops/products/block_tiles.ts";
import { createWeightMatrix, freeWeightMatrix } from "../../../ops/products/weights.ts";
import type { ProductLayout } from "../../../ops/layouts.ts";
import { padRows } from "../../../ops/rows.ts";
import { duration } from "../../report/numbers.ts";
import { table } from "../../report/table.ts";
import { tileText } from "../../report/tile_text.ts";
import { timeRounds } from "../../timing/rounds.ts";
import { median } from "../../timing/statistics.ts";
import { textBatch } from "../text_batch.ts";
import { fillWithNumbers, noise } from "../weights.ts";

/** A way to compute products of so many rows on a GPU. */
interface Design {
  rows: number;
  name: string;
  layout: ProductLayout;
}

const ROW_COUNTS = [1, 2, 4, 8, 16, 32, 64, 512];

/** Those of which measurement has to choose. All give the same bits. */
const designsOf = ({ limits }: Gpu): Design[] =>
  ROW_COUNTS.flatMap((rows) =>
    BLOCK_TILES.filter((tile) => tile.rows === Math.min(rows, 32) && fits(tile, limits)).map((
      tile,
    ): Design => ({
      rows,
      name: tileText(tile),
      layout: { kernel: "matmul_blocks", tiles: [tile], weightOrder: ORDER },
    }))
  );

/** How the weights of all designs lie. */
const ORDER = "blocks";

const CODES = { format: "U4", scales: { group: 64, format: "F16", offset: "added" } } as const;
const STORAGES: readonly Storage[] = [{ format: "F16" }, CODES];

/** What is timed: columns and lengths of sums. */
interface Sizes {
  shapes: readonly (readonly [columns: number, inner: number])[];
  mostRows: number;
  /** Bytes of weights that are read in turn, so that no cache has them. */
  streamedBytes: number;
}

/** Gates and values, attention outputs and down of a 7B, gates and values of a 1.1B, down of SmolLM2-135M. */
const OF_A_GPU: Sizes = {
  shapes: [[22016, 4096], [4096, 4096], [4096, 11008], [11264, 2048], [576, 1536]],
  mostRows: 512,
  streamedBytes: 300e6,
};

const OF_SOFTWARE: Sizes = { shapes: [[768, 576]], mostRows: 16, streamedBytes: 0 };

/** The designs of products for GPUs beside each other, in turns, by shape, codec and rows. */
export async function* reportDesigns(gpu: Gpu): AsyncGenerator<string> {
  const sizes = gpu.isSoftware ? OF_SOFTWARE : OF_A_GPU;
  const heading = ["rows", "design", "time", "at best", "× one row", "GB/s", "TFLOP/s"];
  for (const storage of STORAGES) {
    for (const [columns, inner] of sizes.shapes) {
      const lines = await timeShape(gpu, { columns, inner, ...storage }, sizes);
      yield `\n  ${columns} × ${inner}, ${storage.format}\n` + table([heading, ...lines]);
    }
  }
  yield "  Medians. × one row is beside the fastest design of one row, GB/s are those of the weights.\n";
}

/** The lines of a shape: every number of rows by every design, the fastest first. */
async function timeShape(
  gpu: Gpu,
  shape: Storage & { columns: number; inner: number },
  { mostRows, streamedBytes }: Sizes,
): Promise<string[][]> {
  const { columns, inner } = shape;
  const bytes = storedBytes(columns * inner, shape);
  const copies = Math.max(1, Math.ceil(streamedBytes / bytes));
  const designs = designsOf(gpu).filter(({ rows }) => rows <= mostRows);
  const matrices = Array.from({ length: copies }, (_, i) => {
    const weights = createWeightMatrix(gpu, `timed weights ${i}`, { ...shape, order: ORDER });
    fillWithNumbers(gpu, weights);
    return weights;
  });
  const input = gpu.upload("timed input", noise(padRows(mostRows) * inner));
  const output = gpu.storage("timed output", 4 * padRows(mostRows) * outputStride(columns));
  const batches = new Map(designs.map(({ rows }) => [rows, textBatch(gpu, rows)]));
  const runs = designs.map(({ rows, name, layout }) => {
    const inputs = { batch: batches.get(rows)!, rowCount: rows, input, output, layout };
    return {
      label: name,
      dispatches: matrices.flatMap((weights) => project(gpu, { ...inputs, weights })),
    };
  });
  const rounds = await timeRounds(gpu, runs, { rounds: 5, roundSeconds: 0.02 });
  for (const { rows, ancestors } of batches.values()) gpu.free(rows, ancestors);
  for (const matrix of matrices) freeWeightMatrix(gpu, matrix);
  gpu.free(input, output);
  const timed = designs.map(({ rows, name }, i) => ({
    ...{ rows, name },
    seconds: median(rounds[i]) / copies,
    best: Math.min(...rounds[i]) / copies,
  })).toSorted((a, b) => a.rows - b.rows || a.seconds - b.seconds);
  return timed.map(({ rows, name, seconds, best }) => [
    `${rows}`,
    name,
    duration(seconds),
    duration(best),
    (seconds / timed[0].seconds).toFixed(2),
    (bytes / seconds / 1e9).toFixed(1),
    (2 * rows * columns * inner / seconds / 1e12).toFixed(2),
  ]);
}
