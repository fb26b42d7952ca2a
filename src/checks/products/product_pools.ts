import type { Dispatch } from "../../gpu/kernel.ts";
import type { Storage } from "../../ops/products/codecs.ts";
import { embed } from "../../ops/products/embed.ts";
import type { HeadShape } from "../../ops/heads.ts";
import type { Activation } from "../../ops/products/activations.ts";
import {
  type MatmulInputs,
  outputStride,
  project,
  projectAttentionInputs,
  projectBlocks,
  projectGated,
  projectToResidual,
  projectUngated,
} from "../../ops/products/matmul.ts";
import { preparedStride } from "../../ops/products/product_input.ts";
import { profileOf } from "../../ops/profiles.ts";
import { textRow, writeRows } from "../../ops/rows.ts";
import { PoolPlaces, poolRow } from "../attention/pool_places.ts";
import {
  gatherRows,
  type Members,
  POOL_SIZE,
  type PooledKernel,
  type RowResults,
} from "../invariance.ts";
import { NORM_EPSILON, prepareRows } from "../norms/prepared.ts";
import { randomIntegers, randomNormals } from "../oracles/numbers/random.ts";
import type { Workspace } from "../workspace.ts";
import { describeStorage } from "./storages.ts";

/** Sizes of a product, or of an embedding of `columns` tokens. */
export interface PoolSizes extends Storage {
  inner: number;
  columns: number;
  /** Whether the input goes through a norm. */
  normed?: boolean;
  /** Whether columns have a bias. */
  biased?: boolean;
  /** Whether several rows are served by the device's layout for many rows, if it has one: `inner` must suit it. */
  manyRows?: boolean;
}

/** Rows of embeddings, each at a position of its own. */
export function embedPool(
  workspace: Workspace,
  sizes: PoolSizes,
  positioned = false,
): PooledKernel {
  const { gpu } = workspace;
  const { inner, columns } = sizes;
  const batch = workspace.batch([], POOL_SIZE);
  const embedding = workspace.matrix(randomNormals(columns * inner, 1), sizes).weights;
  const tokens = randomIntegers(POOL_SIZE, 2, columns);
  const positions = positioned
    ? workspace.upload("positions", randomNormals(POOL_SIZE * inner, 4))
    : undefined;
  const nextNorm = workspace.upload("norm", randomNormals(inner, 3));
  const hidden = workspace.rowFloats("hidden", POOL_SIZE, inner);
  const prepared = workspace.rowFloats("prepared", POOL_SIZE, preparedStride(inner));
  return {
    label: `embed${positioned ? " with positions" : ""}, ${inner} ${describeStorage(sizes)}`,
    queue(members) {
      const rowCount = members.length;
      writeRows(gpu, batch, members.map((member) => textRow(tokens[member], member)));
      const to = { nextNorm, hidden, prepared };
      workspace.run(...embed(gpu, { batch, rowCount, embedding, positions, ...to }));
      return [
        { buffer: hidden, bytesPerRow: 4 * inner },
        { buffer: prepared, bytesPerRow: 4 * preparedStride(inner) },
      ];
    },
  };
}

/** Rows of a product that is stored as it is. */
export function storePool(workspace: Workspace, sizes: PoolSizes): PooledKernel {
  const stride = outputStride(sizes.columns);
  const output = workspace.rowFloats("output", POOL_SIZE, stride);
  return productPool(workspace, `store, ${describe(sizes)}`, sizes, (inputs) => ({
    dispatches: project(workspace.gpu, { ...inputs, output }),
    results: [{ buffer: output, bytesPerRow: 4 * stride }],
  }));
}

/** Rows of a product that is added to the residual stream. */
export function residualPool(workspace: Workspace, sizes: PoolSizes): PooledKernel {
  const { gpu } = workspace;
  const { columns } = sizes;
  const residual = randomNormals(POOL_SIZE * columns, 4);
  const hidden = workspace.rowFloats("hidden", POOL_SIZE, columns);
  const prepared = workspace.rowFloats("prepared", POOL_SIZE, preparedStride(columns));
  const nextNorm = workspace.upload("norm", randomNormals(columns, 5));
  return productPool(workspace, `residual, ${describe(sizes)}`, sizes, (inputs, members) => {
    gpu.write(hidden, 0, gatherRows(residual, columns, members));
    return {
      dispatches: projectToResidual(gpu, { ...inputs, hidden, prepared, nextNorm }),
      results: [
        { buffer: hidden, bytesPerRow: 4 * columns },
        { buffer: prepared, bytesPerRow: 4 * preparedStride(columns) },
      ],
    };
  });
}

/** Rows of a product with a gated activation. */
export function gatedPool(
  workspace: Workspace,
  sizes: PoolSizes,
  activation: Activation = "silu",
): PooledKernel {
  const output = workspace.rowFloats("gated", POOL_SIZE, sizes.columns / 2);
  return productPool(workspace, `gated by ${activation}, ${describe(sizes)}`, sizes, (inputs) => ({
    dispatches: projectGated(workspace.gpu, { ...inputs, activation, output }),
    results: [{ buffer: output, bytesPerRow: 2 * sizes.columns }],
  }));
}

/** Rows of a product with an activation without gates. */
export function ungatedPool(workspace: Workspace, sizes: PoolSizes): PooledKernel {
  const output = workspace.rowFloats("activated", POOL_SIZE, sizes.columns);
  return productPool(workspace, `activated without gates, ${describe(sizes)}`, sizes, (inputs) => ({
    dispatches: projectUngated(workspace.gpu, {
      ...inputs,
      activation: "ungated-gelu",
      output,
    }),
    results: [{ buffer: output, bytesPerRow: 4 * sizes.columns }],
  }));
}

/** Rows of residual blocks, whose input goes through a norm. */
export function blockPool(workspace: Workspace, sizes: PoolSizes): PooledKernel {
  const { columns } = sizes;
  const output = workspace.rowFloats("blocks", POOL_SIZE, columns);
  const norm = { epsilon: NORM_EPSILON };
  return productPool(workspace, `blocks, ${describe(sizes)}`, sizes, (inputs) => ({
    dispatches: projectBlocks(workspace.gpu, { ...inputs, norm, output }),
    results: [{ buffer: output, bytesPerRow: 4 * columns }],
  }));
}

/** Rows of queries, keys and values; a row's slot is its place in the batch. */
export function attentionInputsPool(
  workspace: Workspace,
  sizes: Omit<PoolSizes, "columns"> & { heads: HeadShape; kv: "f16" | "f32" },
): PooledKernel {
  const { heads, kv } = sizes;
  const { headCount, kvHeadCount, headDim } = heads;
  const columns = (headCount + 2 * kvHeadCount) * headDim;
  const { places, results } = new PoolPlaces(workspace, heads, kv);
  const label = `attention inputs, ${describe({ ...sizes, columns })}, cache ${kv}`;
  return productPool(workspace, label, { ...sizes, columns }, (inputs) => ({
    dispatches: projectAttentionInputs(workspace.gpu, { ...inputs, ...places }),
    results,
  }));
}

/** A product whose rows come from a pool. */
function productPool(
  workspace: Workspace,
  label: string,
  sizes: PoolSizes,
  product: (inputs: MatmulInputs, members: Members) => {
    dispatches: readonly Dispatch[];
    results: readonly RowResults[];
  },
): PooledKernel {
  const { gpu } = workspace;
  const { inner, columns, normed, biased, manyRows } = sizes;
  const forMany = manyRows ? profileOf(gpu).layouts.manyRowsProduct : null;
  const batch = workspace.batch([], POOL_SIZE);
  const values = randomNormals(columns * inner, 1, 1 / Math.sqrt(inner));
  const { weights } = workspace.matrix(values, sizes);
  const plain = randomNormals(POOL_SIZE * inner, 2);
  const inputRows = normed ? prepareRows(plain, randomNormals(inner, 3)) : plain;
  const stride = normed ? preparedStride(inner) : inner;
  const input = workspace.rowFloats("input", POOL_SIZE, stride);
  const norm = normed ? { epsilon: NORM_EPSILON } : undefined;
  const bias = biased ? workspace.upload("bias", randomNormals(columns, 4)) : undefined;
  return {
    label: `matmul ${label}`,
    queue(members) {
      writeRows(gpu, batch, members.map(poolRow));
      gpu.write(input, 0, gatherRows(inputRows, stride, members));
      const layout = members.length > 1 ? forMany ?? undefined : undefined;
      // Every other lone row, and three rows, stand in tiles that have room for more.
      const rooms = new Map([[1, 1 + 3 * (members[0] % 2)], [3, 8]]);
      const rowCount = rooms.get(members.length) ?? members.length;
      const rows = { ...batch, oftenFewer: rowCount > members.length };
      const inputs = { batch: rows, rowCount, weights, bias, input, norm, layout };
      const { dispatches, results } = product(inputs, members);
      workspace.run(...dispatches);
      return results;
    },
  };
}

function describe(sizes: PoolSizes): string {
  const { inner, columns, normed, biased, manyRows } = sizes;
  const facts = [normed && "normed", biased && "bias", manyRows && "many rows"].filter(Boolean);
  return [`${inner} → ${columns} ${describeStorage(sizes)}`, ...facts].join(", ");
}
