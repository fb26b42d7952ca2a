import type { Storage } from "../../ops/products/codecs.ts";
import type {
  Activation,
  ClampedGates,
  UngatedActivation,
} from "../../ops/products/activations.ts";
import type { StreamRows } from "../../ops/residual_stream.ts";
import { heads } from "../../ops/heads.ts";
import { placed, type PlacedCase } from "../attention/placed_heads.ts";
import { permuted, QUANTISED } from "./storages.ts";

/** One matrix product to check. */
export interface ProductCase extends Storage {
  rows: number;
  /** A multiple of 8. */
  inner: number;
  columns: number;
  /** Whether the input goes through a norm. */
  normed?: boolean;
  /** Whether columns have a bias. */
  biased?: boolean;
  /** A multiple of 8, to split the matrix. */
  columnsPerSlice?: number;
}

/** A product that becomes logits. */
export interface StoreCase extends ProductCase {
  scale?: number;
  softCap?: number;
}

/** A product into a residual stream. */
export interface ResidualCase extends ProductCase {
  scale?: number;
  /** Where the stream stands before and after; in place if left out. */
  stream?: StreamRows;
}

/** A product with a gated activation. */
export interface GatedCase extends ProductCase {
  activation?: Activation;
}

/** One row, one column, columns that fill no octet, inner sizes that no number of lanes divides. */
export const STORE_CASES: readonly StoreCase[] = [
  { rows: 1, inner: 8, columns: 1, format: "F32" },
  { rows: 1, inner: 256, columns: 256, format: "F16" },
  { rows: 2, inner: 2048, columns: 31, format: "F32", normed: true },
  { rows: 3, inner: 24, columns: 5, format: "BF16" },
  { rows: 7, inner: 264, columns: 37, format: "F32", normed: true, columnsPerSlice: 24 },
  { rows: 16, inner: 256, columns: 100, format: "F16", normed: true },
  { rows: 17, inner: 1000, columns: 33, format: "BF16", normed: true },
  { rows: 33, inner: 72, columns: 514, format: "F16", columnsPerSlice: 264 },
  { rows: 64, inner: 704, columns: 66, format: "F16" },
  { rows: 5, inner: 136, columns: 43, format: "F32", biased: true, columnsPerSlice: 24 },
  { rows: 3, inner: 256, columns: 50, format: "F16", normed: true, scale: 0.125 },
  { rows: 9, inner: 64, columns: 77, format: "BF16", normed: true, scale: 3, softCap: 2.5 },
  { rows: 1, inner: 8, columns: 1, ...QUANTISED.shifted },
  { rows: 7, inner: 288, columns: 37, ...QUANTISED.U4, normed: true, columnsPerSlice: 24 },
  { rows: 17, inner: 320, columns: 33, ...QUANTISED.U8, biased: true },
  { rows: 3, inner: 272, columns: 50, ...QUANTISED.F8, columnsPerSlice: 16 },
  { rows: 9, inner: 64, columns: 77, ...QUANTISED.T4, normed: true },
  { rows: 5, inner: 96, columns: 43, ...QUANTISED.mxfp4, biased: true, columnsPerSlice: 24 },
  { rows: 6, inner: 288, columns: 37, ...permuted(288) },
];

/** Products into a residual stream, whose width is a multiple of 8. */
export const RESIDUAL_CASES: readonly ResidualCase[] = [
  { rows: 1, inner: 8, columns: 8, format: "F32" },
  { rows: 5, inner: 704, columns: 256, format: "F16", stream: { from: 3, to: 64 } },
  { rows: 18, inner: 40, columns: 136, format: "BF16", columnsPerSlice: 72 },
  {
    rows: 6,
    inner: 72,
    columns: 88,
    format: "F16",
    biased: true,
    scale: 0.22,
    columnsPerSlice: 48,
  },
  { rows: 5, inner: 704, columns: 136, ...QUANTISED.U4, columnsPerSlice: 72 },
];

/** Products with a gated activation: columns come in octets of four gates and their values. */
export const GATED_CASES: readonly GatedCase[] = [
  { rows: 1, inner: 8, columns: 16, format: "BF16", normed: true },
  { rows: 6, inner: 256, columns: 112, format: "F16", normed: true, columnsPerSlice: 56 },
  { rows: 35, inner: 72, columns: 176, format: "F32", normed: true },
  {
    rows: 5,
    inner: 64,
    columns: 96,
    format: "F16",
    normed: true,
    biased: true,
    columnsPerSlice: 40,
  },
  { rows: 10, inner: 136, columns: 80, format: "BF16", biased: true, activation: "gelu-tanh" },
  { rows: 9, inner: 136, columns: 80, format: "F16", biased: true, activation: "gated-gelu" },
  { rows: 7, inner: 88, columns: 48, format: "F16", normed: true, activation: "gated-relu" },
  { rows: 3, inner: 40, columns: 88, format: "F32", activation: "gated-relu-squared" },
  { rows: 6, inner: 256, columns: 112, ...QUANTISED.U8, normed: true },
  { rows: 11, inner: 160, columns: 48, ...permuted(160), normed: true, biased: true },
];

/** A product with clamped gates. */
export type ClampedGatedCase = ProductCase & ClampedGates;

/** Products of which few, some and most numbers are clamped. */
export const CLAMPED_GATED_CASES: readonly ClampedGatedCase[] = [
  { rows: 1, inner: 8, columns: 16, format: "BF16", limit: 0.5, alpha: 1.702 },
  {
    rows: 7,
    inner: 136,
    columns: 112,
    format: "F16",
    normed: true,
    biased: true,
    limit: 1,
    alpha: 1.702,
  },
  { rows: 35, inner: 72, columns: 80, format: "F32", biased: true, limit: 7, alpha: 1 },
];

/** A product with an activation without gates. */
export type UngatedCase = ProductCase & { activation: UngatedActivation };

/** Products with activations without gates. */
export const UNGATED_CASES: readonly UngatedCase[] = [
  { rows: 1, inner: 8, columns: 24, format: "F32", normed: true, activation: "relu-squared" },
  {
    rows: 6,
    inner: 72,
    columns: 144,
    format: "F16",
    normed: true,
    biased: true,
    activation: "ungated-gelu-tanh",
  },
  {
    rows: 35,
    inner: 40,
    columns: 88,
    format: "BF16",
    columnsPerSlice: 40,
    activation: "relu-squared",
  },
  { rows: 9, inner: 136, columns: 80, format: "F16", biased: true, activation: "ungated-gelu" },
  { rows: 7, inner: 88, columns: 56, format: "F16", biased: true, activation: "relu" },
];

/** Products that become residual blocks, each with as many columns as the input has numbers. */
export const BLOCK_CASES: readonly (ProductCase & { normed: true })[] = [
  { rows: 1, inner: 8, columns: 24, format: "F32", normed: true, biased: true },
  { rows: 6, inner: 72, columns: 144, format: "F16", normed: true, columnsPerSlice: 96 },
];

/** A product whose columns are query, key and value heads. */
export type HeadsCase = Omit<ProductCase, "columns"> & PlacedCase;

/** Products into queries and cache. */
export const HEADS_CASES: readonly HeadsCase[] = [
  { rows: 1, inner: 8, format: "F32", normed: true, ...placed(heads(1, 1, 8), "f32", 0, 1) },
  {
    rows: 5,
    inner: 256,
    format: "F16",
    normed: true,
    columnsPerSlice: 296,
    ...placed(heads(8, 4, 32), "f16", 127, 1),
  },
  {
    rows: 19,
    inner: 64,
    format: "BF16",
    normed: true,
    queryGrowth: { rate: 0.7, after: 40 },
    ...placed(heads(3, 1, 64), "f32", 3, 29),
  },
  { rows: 34, inner: 40, format: "F16", normed: true, ...placed(heads(4, 2, 128), "f16", 0, 13) },
  {
    rows: 7,
    inner: 72,
    format: "BF16",
    normed: true,
    biased: true,
    columnsPerSlice: 40,
    rotated: 12,
    ...placed(heads(2, 1, 24), "f32", 5, 3),
  },
  { rows: 3, inner: 40, format: "F16", rotated: 0, ...placed(heads(2, 2, 16), "f16", 9, 1) },
  {
    rows: 4,
    inner: 64,
    ...QUANTISED.shifted,
    normed: true,
    biased: true,
    ...placed(heads(2, 1, 16), "f16", 2, 3),
  },
];
