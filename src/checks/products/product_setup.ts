import type { MatmulInputs } from "../../ops/products/matmul.ts";
import { preparedStride } from "../../ops/products/product_input.ts";
import { type Row, textRow } from "../../ops/rows.ts";
import { NORM_EPSILON, prepareRows } from "../norms/prepared.ts";
import { matmul, matmulTolerance } from "../oracles/matmul.ts";
import type { Floats } from "../oracles/numbers/floats.ts";
import { randomNormals } from "../oracles/numbers/random.ts";
import { rmsNorm } from "../oracles/rms_norm.ts";
import { EPSILON, INVERSE_SQRT_ULPS, sumUlps } from "../precision.ts";
import type { Workspace } from "../workspace.ts";
import type { ProductCase } from "./product_cases.ts";

/** A product that is ready to run, and what it must give. */
export interface ProductSetup {
  /** What every function of ops/matmul.ts takes. */
  inputs: MatmulInputs;
  /** [rows, inner], what the weights are multiplied with, and how far from it the kernel may be, in ULPs. */
  multiplied: Floats;
  multipliedUlps: number;
  /** [rows, columns], and how far from it the kernel may be. */
  expected: Float64Array;
  tolerance: Float64Array;
}

/** Random input and weights on the GPU, for these rows or for rows of plain text. */
export function setUpProduct(
  workspace: Workspace,
  product: ProductCase,
  rows: readonly Row[] = Array.from({ length: product.rows }, (_, i) => textRow(0, i)),
): ProductSetup {
  const { inner, columns, normed, biased, columnsPerSlice } = product;
  const x = randomNormals(rows.length * inner, 1);
  const values = randomNormals(columns * inner, 2, 1 / Math.sqrt(inner));
  const { weights, stored } = workspace.matrix(values, product, columnsPerSlice);
  const batch = workspace.batch(rows);
  const sizes = { rows: rows.length, inner, columns };
  const bias = biased ? randomNormals(columns, 4) : undefined;
  const common = {
    batch,
    rowCount: rows.length,
    weights,
    bias: bias && workspace.upload("bias", padded(bias)),
  };
  if (!normed) {
    const input = workspace.rowFloats("input", rows.length, inner, x);
    const expected = matmul(x, stored, sizes);
    const tolerance = matmulTolerance(x, stored, sizes);
    const inputs = { ...common, input };
    return withBias({ inputs, multiplied: x, multipliedUlps: 0, expected, tolerance }, bias);
  }
  const normWeight = randomNormals(inner, 3);
  const prepared = prepareRows(x, normWeight);
  const input = workspace.rowFloats("prepared", rows.length, preparedStride(inner), prepared);
  const norm = { epsilon: NORM_EPSILON };
  const normalised = rmsNorm(x, normWeight, NORM_EPSILON);
  const expected = matmul(normalised, stored, sizes);
  const tolerance = normedTolerance(normalised, stored, sizes);
  const inputs = { ...common, input, norm };
  const multipliedUlps = normUlps(inner);
  return withBias({ inputs, multiplied: normalised, multipliedUlps, expected, tolerance }, bias);
}

/** Room for whole octets of columns. */
function padded(bias: Float32Array): Float32Array<ArrayBuffer> {
  const octets = new Float32Array(Math.ceil(bias.length / 8) * 8);
  octets.set(bias);
  return octets;
}

/** A product to which its columns' bias is added, with one rounding more. */
function withBias(setup: ProductSetup, bias: Float32Array | undefined): ProductSetup {
  if (!bias) return setup;
  const expected = setup.expected.map((value, i) => value + bias[i % bias.length]);
  const tolerance = setup.tolerance.map((room, i) => room + EPSILON * Math.abs(expected[i]));
  return { ...setup, expected, tolerance };
}

/**
 * The error of a normalised number, in ULPs: that of every input times its weight (1), half of that of the sum
 * of squares (the square root halves it), the division by K, the sum with epsilon, the inverse square root and
 * the last product.
 */
function normUlps(inner: number): number {
  return 1 + (sumUlps(inner) + 1 + 2.5 + 1) / 2 + INVERSE_SQRT_ULPS + 1;
}

/**
 * The tolerance of a product of normalised rows, [rows, columns]: the errors of the product itself are at most
 * ULPs(K) of Σ|x||w|, to which the norm adds its own.
 */
function normedTolerance(
  normalised: Float64Array,
  weights: Float32Array,
  sizes: { rows: number; inner: number; columns: number },
): Float64Array {
  const factor = 1 + normUlps(sizes.inner) / sumUlps(sizes.inner);
  return matmulTolerance(normalised, weights, sizes).map((bound) => bound * factor);
}
