import childCode from "../../../wgsl/tree/grow/child.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { StructLayout } from "../../gpu/layout.ts";
import { type DraftWeighing, type TopBuffers, weighingConstants } from "./top.ts";

/**
 * A candidate after a parent, in a buffer: its log probability there, and the list of what comes after it
 * at the next depth.
 */
export const CHILD: StructLayout<{ value: number; token: number; list: number }> = new StructLayout(
  childCode,
  "Child",
);

/** What tokens are worth after each other: the product of the parent's factors and the child's. */
export interface ParentFactors {
  /** [2, tokens, rank] f32, of the tokens that are drafted: as parents, then as children. */
  factors: GPUBuffer;
  /** Numbers of a token's factors; a multiple of 4. */
  rank: number;
}

/**
 * How each candidate of a row ranks those of the next row, and where: in list 0 these stand as they are,
 * in list i + 1 as candidate i ranks them.
 */
export interface ChildRanking {
  parents: ParentFactors;
  /** See `createChildren`. */
  children: GPUBuffer;
  /** That of the candidates; they were taken as they are if left out. */
  weighing?: DraftWeighing | undefined;
}

/** Room for the lists of children of such candidates: [rows, ranks + 1, ranks] `CHILD`. */
export function createChildren(gpu: Gpu, { rows, ranks }: TopBuffers): GPUBuffer {
  return gpu.storage("children", CHILD.byteLength() * rows * (ranks + 1) * ranks);
}

/** Constants of rank_children.wgsl. */
export function rankingConstants({ parents, weighing }: ChildRanking, { tokens }: TopBuffers) {
  return {
    ...weighingConstants(weighing),
    LISTED: Number(tokens !== undefined),
    WIDTH: parents.rank / 4,
  };
}

/** Its bindings. */
export function rankingBindings(
  gpu: Gpu,
  { parents, children }: ChildRanking,
  { tokens }: TopBuffers,
) {
  return {
    factors: parents.factors,
    tokens: tokens ?? gpu.placeholder("tokens"),
    children,
  };
}
