import { logitStride, type Routing, type RoutingShape } from "../../ops/experts.ts";
import { type ExpertLoad, expertTile, mostTiles } from "../../ops/products/expert_matrices.ts";
import { createRowBatch } from "../../ops/rows.ts";
import type { Workspace } from "../workspace.ts";

/** Buffers of a routing with room for so many rows in tiles of any size, and how many pairs that are. */
export function routingBuffers(
  workspace: Workspace,
  shape: RoutingShape,
  rows: number,
): { routing: Routing; pairCapacity: number } {
  const { gpu } = workspace;
  const { pairCapacity } = pairTiles(workspace, { ...shape, rowCount: rows });
  const pairs = { ...createRowBatch(gpu, pairCapacity, 1), oftenFewer: true };
  workspace.keep(pairs.rows);
  workspace.keep(pairs.ancestors);
  const routing = {
    logits: workspace.rowFloats("router logits", rows, logitStride(shape)),
    chosen: workspace.words("chosen", rows * shape.chosen),
    weights: workspace.words("weights", rows * shape.chosen),
    places: workspace.words("places", rows * shape.chosen),
    pairs,
  };
  return { routing, pairCapacity };
}

/** The tiles of the pairs that rows and their experts make. */
export function pairTiles({ gpu }: Workspace, load: ExpertLoad): {
  tileRows: number;
  pairCapacity: number;
} {
  const tileRows = expertTile(gpu, load);
  return { tileRows, pairCapacity: tileRows * mostTiles(tileRows, load) };
}
