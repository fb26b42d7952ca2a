import type { Gpu } from "../../gpu/gpu.ts";
import { preparedStride } from "../../ops/products/product_input.ts";
import { addNormed, placeNormedHeads } from "../../ops/norms.ts";
import { hasOwnWeights, type HeadNormKind, heads } from "../../ops/heads.ts";
import { STREAM_IN_PLACE, type StreamRows } from "../../ops/residual_stream.ts";
import { textRow } from "../../ops/rows.ts";
import { placed, type PlacedCase, PlacedHeads } from "../attention/placed_heads.ts";
import type { Findings } from "../check.ts";
import { layerNormTolerance } from "./layer_norm_checks.ts";
import { compareLeftBehind } from "./left_behind.ts";
import { randomNormals } from "../oracles/numbers/random.ts";
import { layerNorm } from "../oracles/layer_norm.ts";
import { rmsNorm } from "../oracles/rms_norm.ts";
import { EPSILON, INVERSE_SQRT_ULPS, sumUlps } from "../precision.ts";
import { Workspace } from "../workspace.ts";
import { NORM_EPSILON, preparedTolerance, prepareRows } from "./prepared.ts";

/** Heads that are normalised. */
export interface NormedHeadsCase extends PlacedCase {
  kind: HeadNormKind;
  /** Added to all numbers; nothing if left out. */
  middle?: number;
}

/** Every kind of norm; heads that no number of lanes divides. */
export const NORMED_HEADS_CASES: readonly NormedHeadsCase[] = [
  { rows: 1, kind: "each", ...placed(heads(1, 1, 8), "f32", 0, 1) },
  { rows: 7, kind: "each", ...placed(heads(6, 2, 24), "f32", 3, 5) },
  { rows: 5, kind: "each", ...placed(heads(4, 1, 256), "f16", 100, 1) },
  { rows: 5, kind: "each-layer", middle: 20, ...placed(heads(6, 2, 24), "f32", 3, 5) },
  { rows: 2, kind: "each-layer", middle: -3, ...placed(heads(4, 1, 256), "f16", 9, 1) },
  {
    rows: 3,
    kind: "each-rotated",
    queryGrowth: { rate: 0.5, after: 8 },
    ...placed(heads(4, 2, 24), "f16", 6, 7),
  },
  {
    rows: 18,
    rotated: 20,
    kind: "all",
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
  const { rows, headCount, kvHeadCount, headDim, kind, middle = 0 } = normed;
  const afterRotation = kind === "each-rotated";
  const columns = (headCount + 2 * kvHeadCount) * headDim;
  const places = new PlacedHeads(workspace, normed);
  const projected = randomNormals(rows * columns, 1, 3).map((value) => middle + value);
  const [queryWidth, keyWidth] = hasOwnWeights(kind)
    ? [headCount * headDim, kvHeadCount * headDim]
    : [headDim, headDim];
  const weights = randomNormals(queryWidth + keyWidth, 2);
  workspace.run(placeNormedHeads(gpu, {
    ...places.places,
    batch: workspace.batch(places.texts),
    rowCount: rows,
    projected: workspace.rowFloats("projected", rows, columns, projected),
    kind,
    norm: workspace.upload("norms of the heads", weights),
    epsilon: NORM_EPSILON,
  }));
  const expected = Float64Array.from(projected);
  const tolerance = new Float64Array(expected.length);
  for (let row = 0; row < rows; row++) {
    const first = row * columns;
    const keys = first + headCount * headDim;
    const normalise = (from: number, to: number, weight: Float32Array) => {
      const before = afterRotation ? weight.map(() => 1) : weight;
      const heads = projected.subarray(from, to);
      const { values, room } = kind === "each-layer"
        ? layerNormedHeads(heads, before, headDim)
        : rmsNormedHeads(heads, before);
      expected.set(values, from);
      tolerance.set(room, from);
    };
    normalise(first, keys, weights.subarray(0, queryWidth));
    normalise(keys, keys + kvHeadCount * headDim, weights.subarray(queryWidth));
  }
  // Values pass through exactly; a tolerance above zero marks the slots that are written.
  for (let i = 0; i < tolerance.length; i++) tolerance[i] ||= Number.MIN_VALUE;
  const label = `head norms, ${kind}, ${rows} rows, ${headCount}/${kvHeadCount} heads × ${headDim}`;
  const [query, key] = [weights.subarray(0, queryWidth), weights.subarray(queryWidth)];
  const behind = afterRotation ? { query, key } : undefined;
  await places.compare(label, expected, tolerance, findings, behind);
}

/** What heads become, and how far a kernel may be from it. */
interface NormedHeads {
  values: Float64Array;
  room: Float64Array;
}

function rmsNormedHeads(heads: Float32Array, weight: Float32Array): NormedHeads {
  const values = rmsNorm(heads, weight, NORM_EPSILON);
  const ulps = normUlps(weight.length);
  return { values, room: values.map((value) => ulps * EPSILON * Math.abs(value)) };
}

/** Each head by itself, with weights [heads, headDim]. */
function layerNormedHeads(
  heads: Float32Array,
  weights: Float32Array,
  headDim: number,
): NormedHeads {
  const [values, room] = [new Float64Array(heads.length), new Float64Array(heads.length)];
  for (let at = 0; at < heads.length; at += headDim) {
    const head = heads.subarray(at, at + headDim);
    const weight = weights.subarray(at, at + headDim);
    const normed = layerNorm(head, weight, null, NORM_EPSILON);
    values.set(normed, at);
    room.set(layerNormTolerance(head, weight, null, normed), at);
  }
  return { values, room };
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
