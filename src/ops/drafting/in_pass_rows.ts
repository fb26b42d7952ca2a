import inPassRowsCode from "../../../wgsl/drafting/in_pass_rows.wgsl" with { type: "text" };
import rowsCode from "../../../wgsl/shared/rows.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, prepare } from "../../gpu/kernel.ts";
import { kernelOf } from "../families.ts";
import type { RowBatch } from "../rows.ts";
import type { TreeBuffers } from "../tree/accept.ts";

const inPassRowsKernel = kernelOf("drafting", "in_pass_rows", rowsCode, inPassRowsCode);

const WORKGROUP = 64;

/**
 * rows = the nodes of a tree, and behind them the pseudo rows of the first `inPassNodes` nodes: row
 * `nodes` + i · `inPassNodes` + n is that of step i of node n, and its token is n. A pseudo row has the
 * cache slot `tree.followerSlot` + its place among the pseudo rows. What the first nodes are on entering the
 * layer is kept: kept [inPassNodes, width] = source [nodes, width].
 */
export function inPassRows(gpu: Gpu, inputs: {
  tree: TreeBuffers;
  nodes: number;
  inPassNodes: number;
  /** Steps that take part. */
  steps: number;
  /** Needs room for as many ancestors as a node and its steps may have together. */
  rows: RowBatch;
  /** Length of a row in floats, a multiple of 4. */
  width: number;
  source: GPUBuffer;
  kept: GPUBuffer;
}): Dispatch {
  const { tree, nodes, inPassNodes, steps, rows, width, source, kept } = inputs;
  const constants = {
    NODES: nodes,
    IN_PASS_NODES: inPassNodes,
    STEPS: steps,
    TREE_SLOT: tree.treeSlot,
    PSEUDO_SLOT: tree.followerSlot,
    NODE_ANCESTORS: tree.batch.ancestorRoom,
    ANCESTORS: rows.ancestorRoom,
    WIDTH: width / 4,
    WORKGROUP,
  };
  const bindings = {
    nodes: tree.batch.rows,
    node_ancestors: tree.batch.ancestors,
    rows: rows.rows,
    ancestors: rows.ancestors,
    source,
    kept,
  };
  const groups = Math.ceil(
    Math.max(nodes + steps * inPassNodes, inPassNodes * width / 4) / WORKGROUP,
  );
  return prepare(gpu, inPassRowsKernel, constants, bindings, [groups]);
}
