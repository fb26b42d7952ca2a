import type { Gpu } from "../../gpu/gpu.ts";
import { profileOf } from "../profiles.ts";
import type { TreeBuffers } from "./accept.ts";

/**
 * Rows whose time a pass takes with so many nodes, where it has room for `room` of them and takes less for fewer:
 * one, two, up to four, or all.
 */
export function rowsComputed(nodes: number, room: number): number {
  if (nodes <= 2) return nodes;
  return nodes <= 4 ? Math.min(4, room) : room;
}

/**
 * How many right drafts a row has to be worth for a tree to have it: 0 where a pass takes the time of the rows that
 * it was recorded for, so that nothing is saved without.
 */
export function rowWorth(gpu: Gpu, { batch }: Pick<TreeBuffers, "batch">): number {
  return batch.oftenFewer ? profileOf(gpu).trees.rowWorth : 0;
}
