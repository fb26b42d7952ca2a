/**
 * Times tiles of products in blocks beside those that the profile `gpu` has, in turns, for every number of
 * rows: what to choose the profile's tiles by, and what its kernel should be able to do next.
 */
import { table } from "../../../src/bench/report/table.ts";
import { duration } from "../../../src/bench/report/numbers.ts";
import { timeRounds } from "../../../src/bench/timing/rounds.ts";
import { median } from "../../../src/bench/timing/statistics.ts";
import { textBatch } from "../../../src/bench/engine/text_batch.ts";
import { fillWithNumbers, noise } from "../../../src/bench/engine/weights.ts";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import { requestGpu } from "../../../src/gpu/request_gpu.ts";
import type { Dispatch } from "../../../src/gpu/kernel.ts";
import { outputStride, project } from "../../../src/ops/products/matmul.ts";
import {
  createWeightMatrix,
  freeWeightMatrix,
  type WeightMatrix,
} from "../../../src/ops/products/weights.ts";
import { PROFILES } from "../../../src/ops/profiles.ts";
import { extentOf, nameOf } from "./tile.ts";
import { tileProduct } from "./tile_product.ts";
import { TILES } from "./tiles.ts";

/** Columns and lengths of sums: of a 7B, a 1.1B; and bytes of weights in turn, so that no cache has them. */
const OF_A_GPU = {
  shapes: [[22016, 4096], [4096, 4096], [4096, 11008], [11264, 2048], [2048, 2048]],
  rowCounts: [1, 2, 4, 8, 16, 32, 64, 512],
  streamedBytes: 300e6,
} as const;

const OF_SOFTWARE = { shapes: [[512, 512]], rowCounts: [1, 4, 16], streamedBytes: 0 } as const;

/** One way to compute a product of so many rows. */
interface Timed {
  rowCount: number;
  label: string;
  dispatches: Dispatch[];
}

async function main(): Promise<void> {
  using gpu = await requestGpu({ profile: "gpu" });
  const { shapes, rowCounts, streamedBytes } = gpu.isSoftware ? OF_SOFTWARE : OF_A_GPU;
  for (const [columns, inner] of shapes) {
    const copies = Math.max(1, Math.ceil(streamedBytes / (2 * columns * inner)));
    const matrices = Array.from({ length: copies }, (_, i) => {
      const shape = { columns, inner, format: "F16", order: "blocks", home: "buffers" } as const;
      const weights = createWeightMatrix(gpu, `weights ${i}`, shape);
      fillWithNumbers(gpu, weights);
      return weights;
    });
    const most = Math.max(rowCounts.at(-1)!, 128);
    const input = gpu.upload("input", noise(most * inner));
    const output = gpu.storage("output", 4 * most * outputStride(columns));
    const things = waysOf(gpu, { matrices, input, output }, rowCounts);
    const rounds = await timeRounds(gpu, things, { rounds: 5, roundSeconds: 0.015 });
    console.log(`\n${columns} × ${inner}, F16\n` + report(things, rounds, matrices));
    for (const matrix of matrices) freeWeightMatrix(gpu, matrix);
    gpu.free(input, output);
  }
}

/** Every tile for every number of rows that fills it, and the profile's own. */
function waysOf(
  gpu: Gpu,
  { matrices, input, output }: {
    matrices: readonly WeightMatrix[];
    input: GPUBuffer;
    output: GPUBuffer;
  },
  rowCounts: readonly number[],
): Timed[] {
  const tiles = [...TILES.values()].flat();
  return rowCounts.flatMap((rowCount) => {
    const own = { batch: textBatch(gpu, rowCount), rowCount, input, output };
    const { product: layout } = PROFILES.gpu.layouts;
    return [
      {
        rowCount,
        label: "the profile's own",
        dispatches: matrices.flatMap((weights) => project(gpu, { ...own, weights, layout })),
      },
      ...tiles.filter((tile) => rowCount === 512 || extentOf(tile).rows === rowCount).map((
        tile,
      ) => ({
        rowCount,
        label: nameOf(tile),
        dispatches: matrices.flatMap((weights) =>
          tileProduct(gpu, tile, { rowCount, weights, input, output }) ?? []
        ),
      })).filter(({ dispatches }) => dispatches.length > 0),
    ];
  });
}

/** A line for each way, the fastest of so many rows first; ratios are beside the fastest of one row. */
function report(
  things: readonly Timed[],
  rounds: readonly (readonly number[])[],
  matrices: readonly WeightMatrix[],
): string {
  const [{ columns, inner }] = matrices;
  const timed = things.map(({ rowCount, label }, i) => ({
    ...{ rowCount, label },
    seconds: median(rounds[i]) / matrices.length,
  })).toSorted((a, b) => a.rowCount - b.rowCount || a.seconds - b.seconds);
  const lines = timed.map(({ rowCount, label, seconds }) => [
    `${rowCount}`,
    label,
    duration(seconds),
    (seconds / timed[0].seconds).toFixed(2),
    (2 * rowCount * columns * inner / seconds / 1e12).toFixed(1),
  ]);
  return table([["rows", "tile", "time", "× one row", "TFLOP/s"], ...lines]);
}

await main();
