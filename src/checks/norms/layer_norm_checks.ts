import type { Gpu } from "../../gpu/gpu.ts";
import { layerNorm } from "../../ops/norms.ts";
import { outputStride, project } from "../../ops/products/matmul.ts";
import { canAddToStream } from "../../ops/products/product_input.ts";
import { textRow, writeRows } from "../../ops/rows.ts";
import type { Findings } from "../check.ts";
import { gatherRows, POOL_SIZE, type PooledKernel } from "../invariance.ts";
import { layerNorm as normedRows } from "../oracles/layer_norm.ts";
import { randomNormals } from "../oracles/numbers/random.ts";
import { EPSILON, INVERSE_SQRT_ULPS, sumUlps } from "../precision.ts";
import type { PoolSizes } from "../products/product_pools.ts";
import { Workspace } from "../workspace.ts";
import { NORM_EPSILON } from "./prepared.ts";

/** Rows through a LayerNorm. */
export interface LayerNormCase {
  rows: number;
  /** A multiple of 8. */
  width: number;
  isBiased: boolean;
  /** Added to all numbers. */
  middle: number;
}

/** Widths that no number of lanes divides, and rows whose mean is far from nothing. */
export const LAYER_NORM_CASES: readonly LayerNormCase[] = [
  { rows: 1, width: 8, isBiased: true, middle: 0 },
  { rows: 5, width: 640, isBiased: false, middle: 20 },
  { rows: 18, width: 264, isBiased: true, middle: -3 },
];

/** normed = (hidden − mean) · weight / √(variance + ε) + bias. */
export async function checkLayerNorm(
  gpu: Gpu,
  { rows, width, isBiased, middle }: LayerNormCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const hidden = randomNormals(rows * width, 1, 3).map((value) => middle + value);
  const norm = randomNormals(width * (isBiased ? 2 : 1), 2);
  const normed = workspace.rowFloats("normed", rows, width);
  workspace.run(layerNorm(gpu, {
    batch: workspace.batch(Array.from({ length: rows }, (_, i) => textRow(0, i))),
    rowCount: rows,
    width,
    hidden: workspace.rowFloats("hidden", rows, width, hidden),
    norm: workspace.upload("norm", norm),
    isBiased,
    epsilon: NORM_EPSILON,
    normed,
  }));
  const found = await gpu.readFloats(normed, 0, rows * width);
  const [weight, bias] = [norm.subarray(0, width), isBiased ? norm.subarray(width) : null];
  const expected = normedRows(hidden, weight, bias, NORM_EPSILON);
  const room = layerNormTolerance(hidden, weight, bias, expected);
  const label = `LayerNorm, ${rows} rows × ${width}${isBiased ? " with biases" : ""}`;
  findings.close(label, found, expected, room);
}

/**
 * How far a kernel may be from the LayerNorms of rows: an error of the mean moves all numbers, and the variance by less
 * than they themselves; what is left has the errors of an RMS norm.
 */
export function layerNormTolerance(
  rows: Float32Array,
  weight: Float32Array,
  bias: Float32Array | null,
  expected: Float64Array,
): Float64Array {
  const width = weight.length;
  return expected.map((value, i) => {
    const row = rows.subarray(i - i % width, i - i % width + width);
    const magnitude = row.reduce((sum, x) => sum + Math.abs(x), 0) / width;
    const mean = row.reduce((sum, x) => sum + x, 0) / width;
    const deviation = Math.sqrt(row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / width);
    const ofMean = (sumUlps(width) + 2) * magnitude + Math.abs(rows[i]);
    const scaled = value - (bias?.[i % width] ?? 0);
    const ulps = (sumUlps(width) + 6) / 2 + INVERSE_SQRT_ULPS + 4;
    const share = Math.abs(weight[i % width]) / deviation;
    return EPSILON * (ulps * Math.abs(scaled) + 2 * ofMean * share + Math.abs(value));
  });
}

/** Rows of a LayerNorm. */
export function layerNormPool(workspace: Workspace, width: number): PooledKernel {
  const { gpu } = workspace;
  const values = randomNormals(POOL_SIZE * width, 1, 3);
  const batch = workspace.batch([], POOL_SIZE);
  const hidden = workspace.rowFloats("hidden", POOL_SIZE, width);
  const normed = workspace.rowFloats("normed", POOL_SIZE, width);
  const norm = workspace.upload("norm", randomNormals(2 * width, 2));
  return {
    label: `LayerNorm, ${width}`,
    queue(members) {
      const rowCount = members.length;
      writeRows(gpu, batch, members.map((_, place) => textRow(0, place)));
      gpu.write(hidden, 0, gatherRows(values, width, members));
      const inputs = { batch, rowCount, width, hidden, norm, epsilon: NORM_EPSILON, normed };
      workspace.run(layerNorm(gpu, { ...inputs, isBiased: true }));
      return [{ buffer: normed, bytesPerRow: 4 * width }];
    },
  };
}

/**
 * Rows of a product behind a LayerNorm: made by the product itself where the device's can, by a kernel before it where
 * they cannot, as with many rows.
 */
export function layerNormedProductPool(
  workspace: Workspace,
  sizes: PoolSizes,
  isBiased: boolean,
): PooledKernel {
  const { gpu } = workspace;
  const { inner: width, columns } = sizes;
  const values = randomNormals(POOL_SIZE * width, 1, 3).map((value) => value - 2);
  const batch = workspace.batch([], POOL_SIZE);
  const { weights } = workspace.matrix(randomNormals(columns * width, 3, 1 / 16), sizes);
  const hidden = workspace.rowFloats("hidden", POOL_SIZE, width);
  const normed = workspace.rowFloats("normed", POOL_SIZE, width);
  const weight = workspace.upload("norm", randomNormals(2 * width, 2));
  const output = workspace.rowFloats("output", POOL_SIZE, outputStride(columns));
  const norm = { isBiased, epsilon: NORM_EPSILON };
  return {
    label: `a LayerNorm and a product, ${width} → ${columns}`,
    queue(members) {
      writeRows(gpu, batch, members.map((_, place) => textRow(0, place)));
      gpu.write(hidden, 0, gatherRows(values, width, members));
      // Every other lone row stands in a tile that has room for more.
      const rowCount = members.length > 1 ? members.length : 1 + 3 * (members[0] % 2);
      const rows = { batch, rowCount };
      workspace.run(
        ...(canAddToStream(gpu, rowCount)
          ? project(gpu, { ...rows, weights, input: { normOf: hidden, weight, ...norm }, output })
          : [
            layerNorm(gpu, { ...rows, width, hidden, ...norm, norm: weight, normed }),
            ...project(gpu, { ...rows, weights, input: normed, output }),
          ]),
      );
      return [{ buffer: output, bytesPerRow: 4 * outputStride(columns) }];
    },
  };
}
