import { addNormed } from "../../ops/norms.ts";
import { type MatmulInputs, outputStride, project } from "../../ops/products/matmul.ts";
import { canAddToStream, preparedStride } from "../../ops/products/product_input.ts";
import { streamAt } from "../../ops/residual_stream.ts";
import { textRow, writeRows } from "../../ops/rows.ts";
import { gatherRows, POOL_SIZE, type PooledKernel } from "../invariance.ts";
import { randomNormals } from "../oracles/numbers/random.ts";
import type { PoolSizes } from "../products/product_pools.ts";
import { describeStorage } from "../products/storages.ts";
import type { Workspace } from "../workspace.ts";
import { NORM_EPSILON } from "./prepared.ts";

/**
 * Rows of a product behind a norm that is added to the residual stream: by the product itself where the
 * device's can, by a kernel before it where they cannot, as with many rows.
 */
export function joinedNormPool(workspace: Workspace, sizes: PoolSizes): PooledKernel {
  const { gpu } = workspace;
  const { inner: width, columns, normed } = sizes;
  const values = randomNormals(POOL_SIZE * width, 1, 3);
  const residual = randomNormals(POOL_SIZE * width, 2);
  const batch = workspace.batch([], POOL_SIZE);
  const { weights } = workspace.matrix(randomNormals(columns * width, 3, 1 / 16), sizes);
  const stream = { from: 0, to: POOL_SIZE };
  const addition = {
    added: workspace.rowFloats("added", POOL_SIZE, width),
    norm: workspace.upload("norm", randomNormals(width, 4)),
    epsilon: NORM_EPSILON,
    scale: 0.22,
    hidden: workspace.rowFloats("hidden", 2 * POOL_SIZE, width),
    stream,
    nextNorm: workspace.upload("next norm", randomNormals(width, 5)),
  };
  const prepared = workspace.rowFloats("prepared", POOL_SIZE, preparedStride(width));
  const output = workspace.rowFloats("output", POOL_SIZE, outputStride(columns));
  const norm = normed ? { epsilon: NORM_EPSILON } : undefined;
  const moved = streamAt(addition.hidden, stream.to, width);
  return {
    label: `a norm and a product, ${width} → ${columns} ${describeStorage(sizes)}`,
    queue(members) {
      writeRows(gpu, batch, members.map((_, place) => textRow(0, place)));
      gpu.write(addition.added, 0, gatherRows(values, width, members));
      gpu.write(addition.hidden, 0, gatherRows(residual, width, members));
      // Every other lone row stands in a tile that has room for more.
      const rowCount = members.length > 1 ? members.length : 1 + 3 * (members[0] % 2);
      const to = (input: MatmulInputs["input"]) =>
        project(gpu, { batch, rowCount, weights, input, norm, output });
      workspace.run(
        ...(canAddToStream(gpu, rowCount) ? to(addition) : [
          addNormed(gpu, { batch, rowCount, width, ...addition, prepared }),
          ...to(normed ? prepared : moved),
        ]),
      );
      return [
        { buffer: output, bytesPerRow: 4 * outputStride(columns) },
        { buffer: addition.hidden, byteOffset: 4 * width * stream.to, bytesPerRow: 4 * width },
      ];
    },
  };
}
