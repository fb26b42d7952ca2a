import type { Gpu } from "../../../gpu/gpu.ts";
import { addExperts, logitStride, routeRows, type Routing } from "../../../ops/experts.ts";
import {
  expertColumnsThatFit,
  expertTile,
  mostTiles,
} from "../../../ops/products/expert_matrices.ts";
import { project, projectGated } from "../../../ops/products/matmul.ts";
import { preparedStride } from "../../../ops/products/product_input.ts";
import { storedBytes } from "../../../ops/products/codecs.ts";
import {
  createWeightMatrix,
  freeWeightMatrix,
  type WeightMatrix,
} from "../../../ops/products/weights.ts";
import { createRowBatch, padRows } from "../../../ops/rows.ts";
import { duration } from "../../report/numbers.ts";
import { table } from "../../report/table.ts";
import { median } from "../../timing/statistics.ts";
import { type Timed, timeRounds } from "../../timing/rounds.ts";
import { textBatch } from "../text_batch.ts";
import { fillWithNumbers, noise } from "../weights.ts";

const ROW_COUNTS = [1, 2, 4, 8, 16, 64];

/** Sizes of the experts of a layer. */
interface Shape {
  title: string;
  experts: number;
  chosen: number;
  width: number;
  intermediate: number;
}

const SHAPES: readonly Shape[] = [
  { title: "Granite 3.0 1B-A400M", experts: 32, chosen: 8, width: 1024, intermediate: 512 },
  { title: "OLMoE 1B-7B", experts: 64, chosen: 8, width: 2048, intermediate: 1024 },
];

/** Rows through the experts of a layer, and one row through a plain MLP of as many weights as they read. */
export async function reportExperts(gpu: Gpu): Promise<string> {
  const rows: string[][] = [];
  for (const shape of SHAPES) rows.push(...await timeShape(gpu, shape));
  return "  One layer in F16, rows that choose their experts at random. Beside it one row through a\n" +
    "  plain MLP that has as many weights as the experts that were chosen, each counted once.\n" +
    table([["experts", "rows", "chosen", "MB", "time", "plain MLP", "ratio"], ...rows]);
}

async function timeShape(gpu: Gpu, shape: Shape): Promise<string[][]> {
  const { title, experts, width, intermediate } = shape;
  using resources = new DisposableStack();
  const matrix = (perExpert: number, inner: number) => {
    const whole = { columns: experts * perExpert, inner, format: "F16" } as const;
    const perSlice = expertColumnsThatFit(gpu, whole, perExpert);
    const made = createWeightMatrix(gpu, "timed experts", whole, perSlice);
    resources.defer(() => freeWeightMatrix(gpu, made));
    fillWithNumbers(gpu, made);
    return made;
  };
  const weights = { inputs: matrix(2 * intermediate, width), down: matrix(width, intermediate) };
  const mixtures = ROW_COUNTS.map((rowCount) => mixture(gpu, shape, weights, rowCount, resources));
  const things = mixtures.flatMap(({ timed, plain }) => [timed, plain]);
  const seconds = await timeRounds(gpu, things, { rounds: 5, roundSeconds: 0.02 });
  return mixtures.map(({ chosen }, i) => {
    const [own, plain] = [seconds[2 * i], seconds[2 * i + 1]];
    const bytes = storedBytes(3 * chosen * width * intermediate, { format: "F16" });
    return [
      title,
      `${ROW_COUNTS[i]}`,
      `${chosen} of ${experts}`,
      (bytes / 1e6).toFixed(0),
      duration(median(own)),
      duration(median(plain)),
      median(own.map((time, round) => time / plain[round])).toFixed(2),
    ];
  });
}

/** Rows through experts, one row through as many weights, and how many experts the rows have together. */
function mixture(
  gpu: Gpu,
  { experts, chosen, width, intermediate }: Shape,
  { inputs, down }: { inputs: WeightMatrix; down: WeightMatrix },
  rowCount: number,
  resources: DisposableStack,
): { timed: Timed; plain: Timed; chosen: number } {
  const storage = (count: number) => {
    const buffer = gpu.storage("timed experts", 4 * count);
    resources.defer(() => gpu.free(buffer));
    return buffer;
  };
  const batchOf = <Batch extends { rows: GPUBuffer; ancestors: GPUBuffer }>(batch: Batch) => {
    resources.defer(() => gpu.free(batch.rows, batch.ancestors));
    return batch;
  };
  const shape = { experts, chosen, ofChosen: true, isShared: false };
  const load = { rowCount, experts, chosen };
  const tileRows = expertTile(gpu, load);
  const pairs = tileRows * mostTiles(tileRows, load);
  const logits = noise(rowCount * logitStride(shape));
  const routing: Routing = {
    logits: storage(logits.length),
    chosen: storage(rowCount * chosen),
    weights: storage(rowCount * chosen),
    places: storage(rowCount * chosen),
    pairs: batchOf({ ...createRowBatch(gpu, pairs, 1), oftenFewer: true }),
  };
  gpu.write(routing.logits, 0, logits);
  const batch = batchOf(textBatch(gpu, rowCount));
  const input = storage(padRows(rowCount) * preparedStride(width));
  gpu.write(input, 0, noise(rowCount * preparedStride(width)).map(Math.abs));
  const [gated, outputs] = [intermediate, width].map((size) => storage(padRows(pairs) * size));
  const [hidden, prepared] = [width, preparedStride(width)].map((size) =>
    storage(padRows(rowCount) * size)
  );
  const common = { input, norm: { epsilon: 1e-5 }, activation: "silu", output: gated } as const;
  const ofEach = { batch: routing.pairs, rowCount: pairs, experts: { count: experts, tileRows } };
  const timed = {
    label: `${rowCount} rows`,
    dispatches: [
      ...routeRows(gpu, { batch, rowCount, shape, routing, tileRows }),
      ...projectGated(gpu, { ...ofEach, ...common, gather: true, weights: inputs }),
      ...project(gpu, { ...ofEach, weights: down, input: gated, output: outputs }),
      addExperts(gpu, {
        ...{ batch, rowCount, width, shape, routing, outputs, sharedOutput: outputs },
        ...{ hidden, prepared, nextNorm: storage(width) },
      }),
    ],
  };
  const together = chosenTogether(logits, { ...shape, stride: logitStride(shape) });
  const one = batchOf(textBatch(gpu, 1));
  const plainGated = storage(padRows(1) * experts * intermediate);
  const plainOutput = storage(padRows(1) * experts * width);
  const plain = {
    label: `${together} experts as one MLP`,
    dispatches: [
      ...projectGated(gpu, {
        ...{ batch: one, rowCount: 1, ...common, output: plainGated },
        weights: firstColumns(inputs, together * 2 * intermediate),
      }),
      ...project(gpu, {
        ...{ batch: one, rowCount: 1, input: plainGated, output: plainOutput },
        weights: firstColumns(down, together * width),
      }),
    ],
  };
  return { timed, plain, chosen: together };
}

/** How many experts rows choose together. */
function chosenTogether(
  logits: Float32Array,
  { experts, chosen, stride }: { experts: number; chosen: number; stride: number },
): number {
  const all = new Set<number>();
  for (let at = 0; at < logits.length; at += stride) {
    const order = Array.from({ length: experts }, (_, i) => i)
      .sort((a, b) => logits[at + b] - logits[at + a]);
    for (const expert of order.slice(0, chosen)) all.add(expert);
  }
  return all.size;
}

/** The first columns of a matrix, where they are. */
function firstColumns(matrix: WeightMatrix, columns: number): WeightMatrix {
  const slices = matrix.slices.filter(({ firstColumn }) => firstColumn < columns)
    .map((slice) => ({ ...slice, columns: Math.min(slice.columns, columns - slice.firstColumn) }));
  return { ...matrix, columns, slices };
}
