import type { RoutingShape } from "../../ops/experts.ts";
import type { Storage } from "../../ops/products/codecs.ts";
import { QUANTISED } from "../products/storages.ts";

/** Rows to route. */
export interface RoutingCase extends Omit<RoutingShape, "isShared"> {
  rows: number;
  /** Whether some logits are equal. */
  hasTies?: boolean;
}

/** One expert, all experts, no pair for some experts, tiles of every size. */
export const ROUTING_CASES: readonly RoutingCase[] = [
  { rows: 1, experts: 1, chosen: 1, ofChosen: true },
  { rows: 1, experts: 128, chosen: 8, ofChosen: true },
  { rows: 5, experts: 6, chosen: 6, ofChosen: false },
  { rows: 17, experts: 60, chosen: 4, ofChosen: false, hasTies: true },
  { rows: 64, experts: 9, chosen: 3, ofChosen: true, hasTies: true },
];

/** Products of rows with the matrices of their experts. */
export interface ExpertProductCase extends Storage {
  rows: number;
  experts: number;
  chosen: number;
  /** A multiple of 8. */
  inner: number;
  /** Of each expert; a multiple of 8. */
  columns: number;
  /** Of a slice: whole experts, or an even part of one. */
  columnsPerSlice?: number;
  /** Whether the columns of each expert have a bias. */
  biased?: boolean;
}

/** Few rows and many for each expert, slices of several experts and of parts of one, formats of every kind. */
export const EXPERT_PRODUCT_CASES: readonly ExpertProductCase[] = [
  { rows: 1, experts: 7, chosen: 2, inner: 72, columns: 40, format: "F32" },
  { rows: 3, experts: 5, chosen: 5, inner: 40, columns: 24, format: "BF16", columnsPerSlice: 48 },
  { rows: 19, experts: 4, chosen: 2, inner: 64, columns: 80, format: "F16", columnsPerSlice: 40 },
  { rows: 40, experts: 3, chosen: 2, inner: 136, columns: 56, format: "F16" },
  { rows: 6, experts: 9, chosen: 3, inner: 64, columns: 72, ...QUANTISED.U4, columnsPerSlice: 216 },
  { rows: 9, experts: 6, chosen: 2, inner: 128, columns: 32, ...QUANTISED.U8 },
  { rows: 7, experts: 5, chosen: 2, inner: 96, columns: 48, ...QUANTISED.mxfp4, biased: true },
  { rows: 1, experts: 5, chosen: 3, inner: 72, columns: 40, format: "BF16", biased: true },
  {
    rows: 13,
    experts: 4,
    chosen: 2,
    inner: 40,
    columns: 48,
    format: "F16",
    columnsPerSlice: 24,
    biased: true,
  },
  {
    rows: 40,
    experts: 3,
    chosen: 2,
    inner: 136,
    columns: 56,
    format: "F16",
    columnsPerSlice: 112,
    biased: true,
  },
];

/** A sum of what experts give. */
export interface AddExpertsCase {
  rows: number;
  chosen: number;
  /** A multiple of 8. */
  width: number;
  isShared: boolean;
  scale: number;
}

/** With and without an expert that all rows have. */
export const ADD_EXPERTS_CASES: readonly AddExpertsCase[] = [
  { rows: 1, chosen: 1, width: 8, isShared: false, scale: 1 },
  { rows: 5, chosen: 4, width: 264, isShared: true, scale: 0.5 },
  { rows: 18, chosen: 8, width: 520, isShared: false, scale: 0.22 },
];
