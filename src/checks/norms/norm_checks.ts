import type { Gpu } from "../../gpu/gpu.ts";
import { preparedStride } from "../../ops/products/product_input.ts";
import { addNormed, placeNormedHeads } from "../../ops/norms.ts";
import { heads } from "../../ops/heads.ts";
import { STREAM_IN_PLACE, type StreamRows } from "../../ops/residual_stream.ts";
import { textRow } from "../../ops/rows.ts";
import { placed, type PlacedCase, PlacedHeads } from "../attention/placed_heads.ts";
import type { Findings } from "../check.ts";
import { compareLeftBehind } from "./left_behind.ts";
import { randomNormals } from "../oracles/numbers/random.ts";
import { rmsNorm } from "../oracles/rms_norm.ts";
import { EPSILON, INVERSE_SQRT_ULPS, sumUlps } from "../precision.ts";
import { Workspace } from "../workspace.ts";
import { NORM_EPSILON, preparedTolerance, prepareRows } from "./prepared.ts";

/** Heads that are normalised, each by itself or all together. */
export interface NormedHeadsCase extends PlacedCase {
  together: boolean;
  /** Whether each is rotated first; not if left out. */
  afterRotation?: boolean;
}

/** Every kind of norm; heads that no number of lanes divides. */
export const NORMED_HEADS_CASES: readonly NormedHeadsCase[] = [
  { rows: 1, together: false, ...placed(heads(1, 1, 8), "f32", 0, 1) },
  { rows: 7, together: false, ...placed(heads(6, 2, 24), "f32", 3, 5) },
  { rows: 5, together: false, ...placed(heads(4, 1, 256), "f16", 100, 1) },
  {
    rows: 3,
    together: false,
    afterRotation: true,
    queryGrowth: { rate: 0.5, after: 8 },
    ...placed(heads(4, 2, 24), "f16", 6, 7),
  },
  {
    rows: 18,
    rotated: 20,
    together: true,
    queryGrowth: { rate: 0.3, after: 16 },
    ...placed(heads(6, 3, 40), "f32", 0, 9),
  },
];

/** ULPs of a norm of `count` numbers: half of those of its squares, inverse square root, products. */
function normUlps(count: number): number {
  return (sumUlps(count) + 1 + 2.5 + 1) / 2 + INVERSE_SQRT_ULPS + 3;
}

/** Normalised and rotated queries, and keys and values in the rows' cache slots. */
export async function checkNormedHeads(
  gpu: Gpu,
  normed: NormedHeadsCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const { rows, headCount, kvHeadCount, headDim, together, afterRotation = false } = normed;
  const columns = (headCount + 2 * kvHeadCount) * headDim;
  const places = new PlacedHeads(workspace, normed);
  const projected = randomNormals(rows * columns, 1, 3);
  const [queryWidth, keyWidth] = together
    ? [headCount * headDim, kvHeadCount * headDim]
    : [headDim, headDim];
  const weights = randomNormals(queryWidth + keyWidth, 2);
  workspace.run(placeNormedHeads(gpu, {
    ...places.places,
    batch: workspace.batch(places.texts),
    rowCount: rows,
    projected: workspace.rowFloats("projected", rows, columns, projected),
    norm: workspace.upload("norms of the heads", weights),
    together,
    afterRotation,
    epsilon: NORM_EPSILON,
  }));
  const expected = Float64Array.from(projected);
  const tolerance = new Float64Array(expected.length);
  for (let row = 0; row < rows; row++) {
    const first = row * columns;
    const keys = first + headCount * headDim;
    const normalise = (from: number, to: number, weight: Float32Array) => {
      const before = afterRotation ? weight.map(() => 1) : weight;
      const values = rmsNorm(projected.subarray(from, to), before, NORM_EPSILON);
      expected.set(values, from);
      const ulps = normUlps(weight.length);
      values.forEach((value, i) => tolerance[from + i] = ulps * EPSILON * Math.abs(value));
    };
    normalise(first, keys, weights.subarray(0, queryWidth));
    normalise(keys, keys + kvHeadCount * headDim, weights.subarray(queryWidth));
  }
  // Values pass through exactly; a tolerance above zero marks the slots that are written.
  for (let i = 0; i < tolerance.length; i++) tolerance[i] ||= Number.MIN_VALUE;
  const kind = together ? "together" : afterRotation ? "each after its rotation" : "each";
  const label = `head norms ${kind}, ${rows} rows, ${headCount}/${kvHeadCount} heads × ${headDim}`;
  const [query, key] = [weights.subarray(0, queryWidth), weights.subarray(queryWidth)];
  const behind = afterRotation ? { query, key } : undefined;
  await places.compare(label, expected, tolerance, findings, behind);
}

/** A norm of what is added to the residual stream. */
export interface AddNormedCase {
  rows: number;
  /** A multiple of 8. */
  width: number;
  scale: number;
  /** Where the stream stands before and after; in place if left out. */
  stream?: StreamRows;
}

/** Widths that no number of lanes divides. */
export const ADD_NORMED_CASES: readonly AddNormedCase[] = [
  { rows: 1, width: 8, scale: 1 },
  { rows: 5, width: 640, scale: 1, stream: { from: 64, to: 7 } },
  { rows: 18, width: 264, scale: 0.22 },
];

/** hidden += scale · norm(added), and the next norm's input. */
export async function checkAddNormed(
  gpu: Gpu,
  { rows, width, scale, stream = STREAM_IN_PLACE }: AddNormedCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const added = randomNormals(rows * width, 1, 3);
  const before = randomNormals(rows * width, 2);
  const [norm, nextNorm] = [randomNormals(width, 3), randomNormals(width, 4)];
  const hidden = workspace.stream(stream, before, width);
  const prepared = workspace.rowFloats("prepared", rows, preparedStride(width));
  workspace.run(addNormed(gpu, {
    batch: workspace.batch(Array.from({ length: rows }, (_, i) => textRow(0, i))),
    rowCount: rows,
    width,
    added: workspace.rowFloats("added", rows, width, added),
    norm: workspace.upload("norm", norm),
    epsilon: NORM_EPSILON,
    scale,
    hidden,
    stream,
    prepared,
    nextNorm: workspace.upload("next norm", nextNorm),
  }));
  const found = await gpu.readFloats(hidden, stream.to * width, rows * width);
  const normed = rmsNorm(added, norm, NORM_EPSILON);
  const sums = normed.map((value, i) => before[i] + scale * value);
  const room = sums.map((sum, i) => {
    const ulps = normUlps(width) + 1;
    return EPSILON * (ulps * Math.abs(scale * normed[i]) + Math.abs(sum));
  });
  const label = `add normed, ${rows} rows × ${width}`;
  findings.close(label, found, sums, room);
  await compareLeftBehind(gpu, label, { hidden, stream, before, width }, findings);
  const follows = prepareRows(found, nextNorm);
  const foundPrepared = await gpu.readFloats(prepared, 0, rows * preparedStride(width));
  findings.close(`${label}, prepared`, foundPrepared, follows, preparedTolerance(follows));
}
