import type { Gpu } from "../../gpu/gpu.ts";
import {
  outputStride,
  project,
  projectAttentionInputs,
  projectBlocks,
  projectClampedGated,
  projectGated,
  projectToResidual,
  projectUngated,
} from "../../ops/products/matmul.ts";
import type { Activation, UngatedActivation } from "../../ops/products/activations.ts";
import { preparedStride } from "../../ops/products/product_input.ts";
import { textRow } from "../../ops/rows.ts";
import { STREAM_IN_PLACE } from "../../ops/residual_stream.ts";
import { PlacedHeads } from "../attention/placed_heads.ts";
import type { Findings } from "../check.ts";
import { compareLeftBehind } from "../norms/left_behind.ts";
import { preparedTolerance, prepareRows } from "../norms/prepared.ts";
import { randomNormals } from "../oracles/numbers/random.ts";
import { clampedGated, GATED, silu, UNGATED } from "../oracles/swiglu.ts";
import { EPSILON, expUlps, softCapUlps } from "../precision.ts";
import { Workspace } from "../workspace.ts";
import { describeStorage } from "./storages.ts";
import type {
  ClampedGatedCase,
  GatedCase,
  HeadsCase,
  ProductCase,
  ResidualCase,
  StoreCase,
  UngatedCase,
} from "./product_cases.ts";
import { type ProductSetup, setUpProduct } from "./product_setup.ts";

/** Fills what a kernel must not write. */
const SENTINEL = 12345;

/** output = input · weightsᵀ, and nothing written after the rows. */
export async function checkStore(
  gpu: Gpu,
  product: StoreCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const { rows, columns, scale = 1, softCap = null } = product;
  const setup = setUpProduct(workspace, product);
  const { expected, tolerance } = asLogits(setup, scale, softCap);
  const stride = outputStride(columns);
  const untouched = new Float32Array((rows + 1) * stride).fill(SENTINEL);
  const output = workspace.rowFloats("output", rows + 1, stride, untouched);
  workspace.run(...project(gpu, { ...setup.inputs, output, scale, softCap }));
  const found = await gpu.readFloats(output, 0, (rows + 1) * stride);
  const label = describe("store", product);
  findings.close(label, dropPadding(found, rows, columns, stride), expected, tolerance);
  findings.equal(
    `${label}, the row after them`,
    found.subarray(rows * stride),
    untouched.subarray(0, stride),
  );
}

/** A product that is scaled, and bounded if there is a soft cap. */
function asLogits(
  { expected, tolerance }: ProductSetup,
  scale: number,
  softCap: number | null,
): Pick<ProductSetup, "expected" | "tolerance"> {
  const scaled = expected.map((value) => scale * value);
  const room = tolerance.map((bound, i) => scale * bound + EPSILON * Math.abs(scaled[i]));
  if (softCap === null) return { expected: scaled, tolerance: room };
  return {
    expected: scaled.map((value) => softCap * Math.tanh(value / softCap)),
    tolerance: room.map((bound, i) => bound + EPSILON * softCapUlps(scaled[i], softCap)),
  };
}

/** Rows of a batch beyond those that a product is asked for. */
const MORE_ROWS = 2;

/** hidden += scale · input · weightsᵀ, and the next norm's input; for the rows that are asked for alone. */
export async function checkResidual(
  gpu: Gpu,
  product: ResidualCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const { rows, columns, scale = 1, stream = STREAM_IN_PLACE } = product;
  const { inputs, expected, tolerance } = setUpProduct(workspace, product);
  const all = rows + MORE_ROWS;
  const batch = workspace.batch(Array.from({ length: all }, (_, i) => textRow(0, i)));
  const before = randomNormals(all * columns, 4);
  const normWeight = randomNormals(columns, 5);
  const hidden = workspace.stream(stream, before, columns);
  const prepared = workspace.rowFloats("prepared", all, preparedStride(columns));
  const nextNorm = workspace.upload("norm", normWeight);
  const to = { hidden, stream, prepared, nextNorm, scale };
  workspace.run(...projectToResidual(gpu, { ...inputs, batch, ...to }));
  const ofAll = await gpu.readFloats(hidden, stream.to * columns, all * columns);
  const preparedOfAll = await gpu.readFloats(prepared, 0, all * preparedStride(columns));
  const found = ofAll.subarray(0, rows * columns);
  const foundPrepared = preparedOfAll.subarray(0, rows * preparedStride(columns));
  const label = describe("residual", product);
  const sums = expected.map((value, i) => before[i] + scale * value);
  const room = sums.map((sum, i) =>
    scale * tolerance[i] + EPSILON * (Math.abs(sum) + Math.abs(scale * expected[i]))
  );
  findings.close(label, found, sums, room);
  // What was prepared must follow from the hidden state that was found, which was compared above.
  const follows = prepareRows(found, normWeight);
  findings.close(`${label}, prepared`, foundPrepared, follows, preparedTolerance(follows));
  await compareLeftBehind(gpu, label, { hidden, stream, before, width: columns }, findings);
  const others = before.subarray(found.length);
  const untouched = stream.from === stream.to ? others : others.map(() => 0);
  findings.equal(`${label}, other rows`, ofAll.subarray(found.length), untouched);
  const unprepared = preparedOfAll.subarray(foundPrepared.length);
  findings.equal(`${label}, other rows prepared`, unprepared, unprepared.map(() => 0));
}

/** output = activation(gate) · up. */
export async function checkGated(
  gpu: Gpu,
  product: GatedCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const { rows, columns, activation = "silu" } = product;
  const { inputs, expected, tolerance } = setUpProduct(workspace, product);
  const output = workspace.rowFloats("gated", rows, columns / 2);
  workspace.run(...projectGated(gpu, { ...inputs, activation, output }));
  const found = await gpu.readFloats(output, 0, rows * columns / 2);
  const gated = new Float64Array(rows * columns / 2);
  const room = new Float64Array(rows * columns / 2);
  for (let i = 0; i < gated.length; i++) {
    const gateAt = 8 * (i >> 2) + i % 4; // Of eight columns four are gates, four their values.
    const [gate, up] = [expected[gateAt], expected[gateAt + 4]];
    const [gateRoom, upRoom] = [tolerance[gateAt], tolerance[gateAt + 4]];
    const activated = GATED[activation](gate);
    gated[i] = activated * up;
    room[i] = activationRoom(activation, gate, gateRoom) * (Math.abs(up) + upRoom) +
      Math.abs(activated) * upRoom + EPSILON * Math.abs(gated[i]);
  }
  findings.close(describe("gated", product), found, gated, room);
}

/** output = (up + 1) · gate · sigmoid(alpha · gate), both clamped. */
export async function checkClampedGated(
  gpu: Gpu,
  product: ClampedGatedCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const { rows, columns, limit, alpha } = product;
  const { inputs, expected, tolerance } = setUpProduct(workspace, product);
  const output = workspace.rowFloats("gated", rows, columns / 2);
  workspace.run(...projectClampedGated(gpu, { ...inputs, limit, alpha, output }));
  const found = await gpu.readFloats(output, 0, rows * columns / 2);
  const gated = new Float64Array(rows * columns / 2);
  const room = new Float64Array(rows * columns / 2);
  for (let i = 0; i < gated.length; i++) {
    const gateAt = 8 * (i >> 2) + i % 4;
    const [gate, up] = [expected[gateAt], expected[gateAt + 4]];
    gated[i] = clampedGated(gate, up, { limit, alpha });
    // What is clamped is off by no more than before. The up value and one are rounded once, and so is the product.
    const activated = clampedGated(gate, 0, { limit, alpha });
    const factor = Math.abs(Math.min(Math.max(up, -limit), limit) + 1);
    const factorRoom = tolerance[gateAt + 4] + EPSILON * factor;
    const exponent = alpha * Math.min(gate, limit);
    const activatedRoom = 1.13 * tolerance[gateAt] +
      EPSILON * (expUlps(exponent) + Math.abs(exponent) + 3.5) * Math.abs(activated);
    room[i] = activatedRoom * (factor + factorRoom) + Math.abs(activated) * factorRoom +
      EPSILON * Math.abs(gated[i]);
  }
  findings.close(describe("clamped gates", product), found, gated, room);
}

/** output = activation(input · weightsᵀ + bias). */
export async function checkUngated(
  gpu: Gpu,
  product: UngatedCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const { rows, columns, activation } = product;
  const { inputs, expected, tolerance } = setUpProduct(workspace, product);
  const output = workspace.rowFloats("activated", rows, columns);
  workspace.run(...projectUngated(gpu, { ...inputs, activation, output }));
  const found = await gpu.readFloats(output, 0, rows * columns);
  const activated = expected.map(UNGATED[activation]);
  const room = expected.map((x, i) => activationRoom(activation, x, tolerance[i]));
  findings.close(describe(activation, product), found, activated, room);
}

/** How far activation(x) may be off where x is by up to `bound`. */
function activationRoom(
  activation: Activation | UngatedActivation,
  x: number,
  bound: number,
): number {
  // The exponential, whose argument has five roundings where it is GELU's, the sum and the division.
  const sigmoidRoom = (exponent: number, ofExponent: number) =>
    EPSILON * (expUlps(exponent) + ofExponent + 3.5) * Math.abs(x) / (1 + Math.exp(-exponent));
  switch (activation) {
    case "relu":
    case "gated-relu":
      return bound;
    case "relu-squared":
    case "gated-relu-squared":
      // Two roundings, of x by itself: |x² − (x + e)²| ≤ e (2 |x| + e), and e alone where x is negative.
      return bound * (2 * Math.max(x, 0) + bound) + EPSILON * x * x;
    case "silu": // The slopes of this and the following are below 1.13.
      return 1.13 * bound + sigmoidRoom(x, 0);
    case "gelu-tanh":
    case "ungated-gelu-tanh": {
      const exponent = 1.6 * (x + 0.044715 * x ** 3);
      return 1.13 * bound + sigmoidRoom(exponent, 5 * Math.abs(exponent));
    }
    case "gated-gelu":
    case "ungated-gelu": {
      // The error of the formula, that of its polynomial, whose terms add up to 5, and that of the exponential.
      const ofErf = 1 + 10 + expUlps(x * x / 2) * Math.exp(-x * x / 2);
      return 1.13 * bound + EPSILON * Math.abs(x) * ofErf;
    }
  }
}

/** output = x + silu(x · weightsᵀ + bias), where x is the input after its norm. */
export async function checkBlocks(
  gpu: Gpu,
  product: ProductCase & { normed: true },
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const { rows, inner, columns } = product;
  const { inputs, multiplied, multipliedUlps, expected, tolerance } = setUpProduct(
    workspace,
    product,
  );
  const output = workspace.rowFloats("blocks", rows, columns);
  workspace.run(...projectBlocks(gpu, { ...inputs, norm: inputs.norm!, output }));
  const found = await gpu.readFloats(output, 0, rows * columns);
  const blocks = new Float64Array(rows * columns);
  const room = new Float64Array(rows * columns);
  for (const [i, sum] of expected.entries()) {
    const x = multiplied[Math.floor(i / columns) * inner + i % columns % inner];
    const activated = silu(sum);
    blocks[i] = x + activated;
    // The slope of silu is below 1.13; the exponential, the sum and division, and the last sum:
    const ulps = multipliedUlps * Math.abs(x) + (expUlps(sum) + 1 + 2.5) * Math.abs(activated) +
      Math.abs(blocks[i]);
    room[i] = 1.13 * tolerance[i] + EPSILON * ulps;
  }
  findings.close(describe("blocks", product), found, blocks, room);
}

/** Rotated queries, and rotated keys and values in the rows' cache slots; no other slot touched. */
export async function checkAttentionInputs(
  gpu: Gpu,
  product: HeadsCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const { headCount, kvHeadCount, headDim } = product;
  const all = { ...product, columns: (headCount + 2 * kvHeadCount) * headDim };
  const placed = new PlacedHeads(workspace, product);
  const { inputs, expected, tolerance } = setUpProduct(workspace, all, placed.texts);
  workspace.run(...projectAttentionInputs(gpu, { ...inputs, ...placed.places }));
  await placed.compare(describe("attention inputs", all), expected, tolerance, findings);
}

/** [rows, columns] of rows that are `stride` apart. */
function dropPadding(found: Float32Array, rows: number, columns: number, stride: number) {
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    values.set(found.subarray(row * stride, row * stride + columns), row * columns);
  }
  return values;
}

function describe(epilogue: string, product: ProductCase): string {
  const { rows, inner, columns, biased } = product;
  const bias = biased ? ", bias" : "";
  const storage = describeStorage(product);
  return `matmul ${epilogue}, ${rows} rows × ${inner} → ${columns} ${storage}${bias}`;
}
