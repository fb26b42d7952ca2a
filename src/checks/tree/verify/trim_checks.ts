import type { Gpu } from "../../../gpu/gpu.ts";
import { textRow } from "../../../ops/rows.ts";
import { trimTree } from "../../../ops/tree/trim.ts";
import type { Findings } from "../../check.ts";
import { Workspace } from "../../workspace.ts";

/** Rows before, and nodes to keep: of none, of fewer, of as many and of more. */
const CASES: readonly [rows: number, nodes: number][] = [[0, 1], [2, 4], [4, 4], [9, 4], [9, 1]];

/** A tree that is cut keeps its first rows as they are, and no rows are added. */
export async function checkTrim(gpu: Gpu, findings: Findings): Promise<void> {
  for (const [count, nodes] of CASES) {
    using workspace = new Workspace(gpu);
    const rows = Array.from({ length: count }, (_, i) => textRow(100 + i, 7 + i));
    const batch = workspace.batch(rows, 9);
    const tree = workspace.tree({ batch, nodes: 9, followers: 0, firstSlot: 0 });
    const before = await gpu.readWords(batch.rows);
    workspace.run(trimTree(gpu, tree, nodes));
    const after = await gpu.readWords(batch.rows);
    const expected = before.slice();
    expected[0] = Math.min(count, nodes);
    findings.equal(`${nodes} nodes of ${count}`, after, expected);
  }
}
