import { randomNormals } from "../oracles/random.ts";
import { applyRope, type RopeTable, ropeTable } from "../oracles/rope.ts";
import { silu } from "../oracles/swiglu.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import {
  outputStride,
  preparedStride,
  project,
  projectAttentionInputs,
  projectGated,
  projectToResidual,
} from "../../ops/matmul.ts";
import { textRow } from "../../ops/rows.ts";
import { readCache } from "../attention/cache.ts";
import type { Findings } from "../check.ts";
import { toKernelOrder, toModelOrder } from "../attention/head_order.ts";
import { EPSILON, expUlps, HALF_EPSILON, SMALLEST_NORMAL_HALF } from "../precision.ts";
import type { HeadsCase, ProductCase } from "./product_cases.ts";
import { preparedTolerance, prepareRows, setUpProduct } from "./product_setup.ts";
import { Workspace } from "../workspace.ts";

/** Stands where a kernel must not write. */
const SENTINEL = 12345;

/** output = input · weightsᵀ, and nothing written behind the rows. */
export async function checkStore(
  gpu: Gpu,
  product: ProductCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const { rows, columns } = product;
  const { inputs, expected, tolerance } = setUpProduct(workspace, product);
  const stride = outputStride(columns);
  const untouched = new Float32Array((rows + 1) * stride).fill(SENTINEL);
  const output = workspace.rowFloats("output", rows + 1, stride, untouched);
  workspace.run(...project(gpu, { ...inputs, output }));
  const found = await gpu.readFloats(output, 0, (rows + 1) * stride);
  const label = describe("store", product);
  findings.close(label, dropPadding(found, rows, columns, stride), expected, tolerance);
  findings.equal(
    `${label}, the row behind`,
    found.subarray(rows * stride),
    untouched.subarray(0, stride),
  );
}

/** hidden += input · weightsᵀ, and the next norm's input beside it. */
export async function checkResidual(
  gpu: Gpu,
  product: ProductCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const { rows, columns } = product;
  const { inputs, expected, tolerance } = setUpProduct(workspace, product);
  const before = randomNormals(rows * columns, 4);
  const normWeight = randomNormals(columns, 5);
  const hidden = workspace.rowFloats("hidden", rows, columns, before);
  const prepared = workspace.rowFloats("prepared", rows, preparedStride(columns));
  const nextNorm = workspace.upload("norm", normWeight);
  workspace.run(...projectToResidual(gpu, { ...inputs, hidden, prepared, nextNorm }));
  const found = await gpu.readFloats(hidden, 0, rows * columns);
  const foundPrepared = await gpu.readFloats(prepared, 0, rows * preparedStride(columns));
  const label = describe("residual", product);
  const sums = expected.map((value, i) => before[i] + value);
  const room = sums.map((sum, i) => tolerance[i] + EPSILON * Math.abs(sum));
  findings.close(label, found, sums, room);
  // The hidden state was judged above: what follows from it is compared with it as it is.
  const follows = prepareRows(found, normWeight);
  findings.close(`${label}, prepared`, foundPrepared, follows, preparedTolerance(follows));
}

/** output = silu(gate) · up. */
export async function checkGated(
  gpu: Gpu,
  product: ProductCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const { rows, columns } = product;
  const { inputs, expected, tolerance } = setUpProduct(workspace, product);
  const output = workspace.rowFloats("gated", rows, columns / 2);
  workspace.run(...projectGated(gpu, { ...inputs, activation: "silu", output }));
  const found = await gpu.readFloats(output, 0, rows * columns / 2);
  const gated = new Float64Array(rows * columns / 2);
  const room = new Float64Array(rows * columns / 2);
  for (let i = 0; i < gated.length; i++) {
    const gateAt = 8 * (i >> 2) + i % 4; // Of eight columns four are gates, four their values.
    const [gate, up] = [expected[gateAt], expected[gateAt + 4]];
    const [gateRoom, upRoom] = [tolerance[gateAt], tolerance[gateAt + 4]];
    gated[i] = silu(gate) * up;
    // The slope of silu is below 1.1. Its exponential, sum and division, and the product with up:
    const roundings = (expUlps(gate) + 1 + 2.5 + 1) * EPSILON * Math.abs(gated[i]);
    room[i] = 1.1 * gateRoom * (Math.abs(up) + upRoom) + Math.abs(silu(gate)) * upRoom + roundings;
  }
  findings.close(describe("gated", product), found, gated, room);
}

/** Rotated queries, and rotated keys and values in the rows' cache slots; no other slot touched. */
export async function checkAttentionInputs(
  gpu: Gpu,
  product: HeadsCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const { rows, headCount, kvHeadCount, headDim, kv, firstPosition, stride } = product;
  const columns = (headCount + 2 * kvHeadCount) * headDim;
  const lastPosition = firstPosition + (rows - 1) * stride;
  const slots = rows + 3;
  // Slots in an order of their own: the row's position and its slot have nothing to do with each other.
  const texts = Array.from({ length: rows }, (_, i) => ({
    ...textRow(0, firstPosition + i * stride),
    slot: slots - 2 - i,
  }));
  const { inputs, expected, tolerance } = setUpProduct(
    workspace,
    { ...product, columns },
    texts,
  );
  const table = ropeTable(headDim, 10000, null, lastPosition + 1);
  const queries = workspace.rowFloats("queries", rows, headCount * headDim);
  const cacheWords = 2 * slots * kvHeadCount * headDim / (kv === "f16" ? 2 : 1);
  const cache = { buffer: workspace.words("cache", cacheWords), slots, format: kv };
  const heads = { headCount, kvHeadCount, headDim };
  const rotations = workspace.upload("rotations", interleaveTurns(table));
  workspace.run(...projectAttentionInputs(gpu, { ...inputs, heads, queries, cache, rotations }));
  const foundQueries = await gpu.readFloats(queries, 0, rows * headCount * headDim);
  const found = readCache(await gpu.read(cache.buffer), cache, heads);

  const expectedKeys = new Float64Array(slots * kvHeadCount * headDim);
  const expectedValues = new Float64Array(expectedKeys.length);
  const keyRoom = new Float64Array(expectedKeys.length);
  const valueRoom = new Float64Array(expectedKeys.length);
  const label = describe("attention inputs", { ...product, columns });
  texts.forEach(({ position, slot }, row) => {
    const of = (values: Float64Array, firstHead: number, count: number) =>
      values.subarray(
        row * columns + firstHead * headDim,
        row * columns + (firstHead + count) * headDim,
      );
    const rotated = (firstHead: number, count: number) =>
      rotate(
        of(expected, firstHead, count),
        of(tolerance, firstHead, count),
        headDim,
        (x) => applyRope(x, position, table),
      );
    const query = rotated(0, headCount);
    const width = headCount * headDim;
    const foundQuery = foundQueries.subarray(row * width, (row + 1) * width);
    findings.close(`${label}, queries of row ${row}`, foundQuery, query.values, query.tolerance);
    const key = rotated(headCount, kvHeadCount);
    const at = slot * kvHeadCount * headDim;
    expectedKeys.set(key.values, at);
    keyRoom.set(key.tolerance, at);
    expectedValues.set(of(expected, headCount + kvHeadCount, kvHeadCount), at);
    valueRoom.set(of(tolerance, headCount + kvHeadCount, kvHeadCount), at);
  });
  const stored = (room: Float64Array, values: Float64Array) =>
    kv === "f32" ? room : room.map((bound, i) => {
      if (bound === 0) return 0; // A slot that no row wrote.
      return bound + HALF_EPSILON * Math.abs(values[i]) + SMALLEST_NORMAL_HALF;
    });
  findings.close(`${label}, keys`, found.keys, expectedKeys, stored(keyRoom, expectedKeys));
  findings.close(
    `${label}, values`,
    found.values,
    expectedValues,
    stored(valueRoom, expectedValues),
  );
}

/** The oracle's table as the kernels read it: [positions, headDim / 8, 2, 4], cosines, then sines. */
export function interleaveTurns({ cos, sin }: RopeTable): Float32Array<ArrayBuffer> {
  const turns = new Float32Array(2 * cos.length);
  cos.forEach((cosine, i) => {
    const at = 8 * (i >> 2) + i % 4;
    turns[at] = cosine;
    turns[at + 4] = sin[i];
  });
  return turns;
}

/** Heads in kernel order, rotated, and how far the kernel may be from them. */
function rotate(
  values: Float64Array,
  tolerance: Float64Array,
  headDim: number,
  turn: (heads: Float64Array) => Float64Array,
): { values: Float64Array; tolerance: Float64Array } {
  const rotated = toKernelOrder(turn(toModelOrder(values, headDim)), headDim);
  // A dimension and its partner, four places away in their octet, mix with factors of at most one.
  // Two products and a sum are rounded, and so are cosine and sine in the table.
  const room = tolerance.map((bound, i) => {
    const partner = i ^ 4;
    const magnitude = Math.abs(values[i]) + Math.abs(values[partner]);
    return bound + tolerance[partner] + 3 * EPSILON * magnitude;
  });
  return { values: rotated, tolerance: room };
}

/** [rows, columns] of rows that are `stride` apart. */
function dropPadding(found: Float32Array, rows: number, columns: number, stride: number) {
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    values.set(found.subarray(row * stride, row * stride + columns), row * columns);
  }
  return values;
}

function describe(epilogue: string, { rows, inner, columns, format }: ProductCase): string {
  return `matmul ${epilogue}, ${rows} rows × ${inner} → ${columns} ${format}`;
}
