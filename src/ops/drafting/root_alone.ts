import code from "../../../wgsl/drafting/root_alone.wgsl" with { type: "text" };
import rowsCode from "../../../wgsl/shared/rows.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, prepare } from "../../gpu/kernel.ts";
import { kernelOf } from "../families.ts";
import type { RowBatch } from "../rows.ts";

const kernel = kernelOf("drafting", "root_alone", rowsCode, code);

/**
 * Makes the root of a tree, its first row, the one row of `alone`: at position 0 and in slot 0, which is
 * also its only ancestor's. There is no such row where the tree has none.
 */
export function rootAlone(
  gpu: Gpu,
  { tree, alone }: { tree: RowBatch; alone: RowBatch },
): Dispatch {
  return prepare(gpu, kernel, {}, { rows: tree.rows, alone: alone.rows }, [1]);
}
