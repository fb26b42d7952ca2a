import { addExperts, logitStride, routeRows } from "../../ops/experts.ts";
import { project, projectClampedGated, projectGated } from "../../ops/products/matmul.ts";
import type { ClampedGates } from "../../ops/products/activations.ts";
import { preparedStride } from "../../ops/products/product_input.ts";
import type { Storage } from "../../ops/products/codecs.ts";
import { textRow, writeRows } from "../../ops/rows.ts";
import { gatherRows, POOL_SIZE, type PooledKernel } from "../invariance.ts";
import { NORM_EPSILON, prepareRows } from "../norms/prepared.ts";
import { randomNormals } from "../oracles/numbers/random.ts";
import { describeStorage } from "../products/storages.ts";
import type { Workspace } from "../workspace.ts";
import { pairTiles, routingBuffers } from "./routing_buffers.ts";

/** Sizes of experts. */
export interface ExpertPoolSizes extends Storage {
  experts: number;
  chosen: number;
  width: number;
  intermediate: number;
  /** Whether gate, up and down of each expert have a bias. */
  biased?: boolean;
  /** How gates are clamped; they are SiLU's if left out. */
  clamped?: ClampedGates;
}

/** Rows that are routed, multiplied with the matrices of their experts, and added up. */
export function expertPool(workspace: Workspace, sizes: ExpertPoolSizes): PooledKernel {
  const { gpu } = workspace;
  const { experts, chosen, width, intermediate, biased, clamped } = sizes;
  const shape = { experts, chosen, ofChosen: true, isShared: false };
  const { routing, pairCapacity } = routingBuffers(workspace, shape, POOL_SIZE);
  const linear = (columns: number, inner: number, seed: number) => {
    const all = experts * columns;
    const values = randomNormals(all * inner, seed, 1 / Math.sqrt(inner));
    const { weights } = workspace.matrix(values, { ...sizes, columns: all, inner });
    const bias = biased ? workspace.upload("bias", randomNormals(all, seed + 7)) : undefined;
    return { weights, bias };
  };
  const inputs = linear(2 * intermediate, width, 1);
  const down = linear(width, intermediate, 2);
  const stride = logitStride(shape);
  const logits = randomNormals(POOL_SIZE * stride, 3, 2);
  const plain = prepareRows(randomNormals(POOL_SIZE * width, 4), randomNormals(width, 5));
  const residual = randomNormals(POOL_SIZE * width, 6);
  const nextNorm = workspace.upload("norm", randomNormals(width, 7));
  const batch = workspace.batch([], POOL_SIZE);
  const input = workspace.rowFloats("input", POOL_SIZE, preparedStride(width));
  const gated = workspace.rowFloats("gated", pairCapacity, intermediate);
  const outputs = workspace.rowFloats("outputs", pairCapacity, width);
  const hidden = workspace.rowFloats("hidden", POOL_SIZE, width);
  const prepared = workspace.rowFloats("prepared", POOL_SIZE, preparedStride(width));
  return {
    label: `${chosen} of ${experts} experts, ${width} → ${intermediate} ${describeStorage(sizes)}${
      biased ? ", biases" : ""
    }`,
    queue(members) {
      const rowCount = members.length;
      writeRows(gpu, batch, members.map((_, place) => textRow(0, place)));
      gpu.write(routing.logits, 0, gatherRows(logits, stride, members));
      gpu.write(input, 0, gatherRows(plain, preparedStride(width), members));
      gpu.write(hidden, 0, gatherRows(residual, width, members));
      const { tileRows, pairCapacity } = pairTiles(workspace, { ...shape, rowCount });
      const ofEach = {
        batch: routing.pairs,
        rowCount: pairCapacity,
        experts: { count: experts, tileRows },
      };
      const norm = { epsilon: NORM_EPSILON };
      const gather = { gather: true, input, norm, ...inputs };
      workspace.run(
        ...routeRows(gpu, { batch, rowCount, shape, routing, tileRows }),
        ...(clamped
          ? projectClampedGated(gpu, { ...ofEach, ...gather, ...clamped, output: gated })
          : projectGated(gpu, { ...ofEach, ...gather, activation: "silu", output: gated })),
        ...project(gpu, { ...ofEach, ...down, input: gated, output: outputs }),
        addExperts(gpu, {
          batch,
          rowCount,
          width,
          shape,
          routing,
          outputs,
          sharedOutput: outputs,
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
