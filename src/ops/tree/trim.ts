import rowsCode from "../../../wgsl/shared/rows.wgsl" with { type: "text" };
import trimTreeCode from "../../../wgsl/tree/verify/trim_tree.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, prepare } from "../../gpu/kernel.ts";
import { kernelOf } from "../families.ts";
import type { TreeBuffers } from "./accept.ts";

const trimKernel = kernelOf("drafting", "trim_tree", rowsCode, trimTreeCode);

/** Keeps the first `nodes` nodes of the tree, of which the first is the root. */
export function trimTree(gpu: Gpu, { batch }: TreeBuffers, nodes: number): Dispatch {
  return prepare(gpu, trimKernel, { NODES: nodes }, { rows: batch.rows }, [1]);
}
