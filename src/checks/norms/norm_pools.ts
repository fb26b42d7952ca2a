import { hasOwnWeights, type HeadNormKind, type HeadShape } from "../../ops/heads.ts";
import { preparedStride } from "../../ops/products/product_input.ts";
import { addNormed, placeNormedHeads } from "../../ops/norms.ts";
import { textRow, writeRows } from "../../ops/rows.ts";
import { PoolPlaces, poolRow } from "../attention/pool_places.ts";
import { gatherRows, POOL_SIZE, type PooledKernel } from "../invariance.ts";
import { randomNormals } from "../oracles/numbers/random.ts";
import type { Workspace } from "../workspace.ts";
import { NORM_EPSILON } from "./prepared.ts";

/** Rows whose heads are normalised, rotated and placed; a row's slot is its place in the batch. */
export function normedHeadsPool(
  workspace: Workspace,
  heads: HeadShape,
  kind: HeadNormKind,
): PooledKernel {
  const { gpu } = workspace;
  const { headCount, kvHeadCount, headDim } = heads;
  const columns = (headCount + 2 * kvHeadCount) * headDim;
  const values = randomNormals(POOL_SIZE * columns, 1, 3);
  const batch = workspace.batch([], POOL_SIZE);
  const projected = workspace.rowFloats("projected", POOL_SIZE, columns);
  const normed = hasOwnWeights(kind) ? headCount + kvHeadCount : 2;
  const norm = workspace.upload("norms of the heads", randomNormals(normed * headDim, 2));
  const places = new PoolPlaces(workspace, heads, "f16");
  return {
    label: `head norms, ${kind}, ${headCount}/${kvHeadCount} × ${headDim}`,
    queue(members) {
      writeRows(gpu, batch, members.map(poolRow));
      gpu.write(projected, 0, gatherRows(values, columns, members));
      workspace.run(placeNormedHeads(gpu, {
        ...places.places,
        batch,
        rowCount: members.length,
        projected,
        kind,
        norm,
        epsilon: NORM_EPSILON,
      }));
      return places.results;
    },
  };
}

/** Rows of a norm that is added to the residual stream. */
export function addNormedPool(workspace: Workspace, width: number): PooledKernel {
  const { gpu } = workspace;
  const values = randomNormals(POOL_SIZE * width, 1, 3);
  const residual = randomNormals(POOL_SIZE * width, 2);
  const batch = workspace.batch([], POOL_SIZE);
  const added = workspace.rowFloats("added", POOL_SIZE, width);
  const hidden = workspace.rowFloats("hidden", POOL_SIZE, width);
  const prepared = workspace.rowFloats("prepared", POOL_SIZE, preparedStride(width));
  const norm = workspace.upload("norm", randomNormals(width, 3));
  const nextNorm = workspace.upload("next norm", randomNormals(width, 4));
  return {
    label: `add normed, ${width}`,
    queue(members) {
      const rowCount = members.length;
      writeRows(gpu, batch, members.map((_, place) => textRow(0, place)));
      gpu.write(added, 0, gatherRows(values, width, members));
      gpu.write(hidden, 0, gatherRows(residual, width, members));
      workspace.run(
        addNormed(gpu, {
          batch,
          rowCount,
          width,
          added,
          norm,
          epsilon: NORM_EPSILON,
          scale: 0.22,
          hidden,
          prepared,
          nextNorm,
        }),
      );
      return [
        { buffer: hidden, bytesPerRow: 4 * width },
        { buffer: prepared, bytesPerRow: 4 * preparedStride(width) },
      ];
    },
  };
}
