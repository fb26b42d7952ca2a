import type { Gpu } from "../../../gpu/gpu.ts";
import type { TreeBuffers } from "../../../ops/tree/accept.ts";
import { type RowBatch, textRow, writeRowCount } from "../../../ops/rows.ts";
import type { Findings } from "../../check.ts";
import type { Workspace } from "../../workspace.ts";
import { FIRST_SLOT, ROOT_POSITION } from "../tree_rows.ts";

/** The token of a root. */
export const ROOT_TOKEN = 5;

/** A root alone, and the buffers of the tree that is to grow below it. */
export interface Root {
  position: number;
  batch: RowBatch;
  tree: TreeBuffers;
}

/** Makes a root with room for a tree, and `followers` rows of at most `levels` after it. */
export function createRoot(
  workspace: Workspace,
  { nodes, deepest, levels, followers, position = ROOT_POSITION, isCut = false }: {
    nodes: number;
    /** Drafts on the longest path that the tree may have. */
    deepest: number;
    levels: number;
    followers: number;
    position?: number;
    /** Whether a pass takes less time where nodes are left out. */
    isCut?: boolean | undefined;
  },
): Root {
  const rows = workspace.batch([textRow(ROOT_TOKEN, position)], nodes, deepest);
  const batch = { ...rows, oftenFewer: isCut };
  const tree = workspace.tree({ batch, nodes, followers: levels, firstSlot: FIRST_SLOT });
  writeRowCount(workspace.gpu, tree.followers, followers);
  return { position, batch, tree };
}

/** Compares a grown tree with the paths of tokens that its nodes must have, each after its prefixes. */
export async function compareGrownTree(
  gpu: Gpu,
  label: string,
  { position, batch, tree }: Root,
  paths: readonly (readonly number[])[],
  findings: Findings,
): Promise<void> {
  const nodeOf = new Map(paths.map((path, i) => [path.join(), i + 1]));
  const nodes = paths.flatMap((path, i) => [
    path[path.length - 1],
    position + path.length,
    FIRST_SLOT + i + 1,
    position + 1,
  ]);
  const root = [ROOT_TOKEN, position, position, position + 1];
  const rows = [paths.length + 1, ...root, ...nodes];
  findings.equal(`${label}, rows`, await gpu.readWords(batch.rows, 0, rows.length), rows);
  const parents = paths.map((path) => nodeOf.get(path.slice(0, -1).join()) ?? 0);
  const foundParents = await gpu.readWords(tree.parents, 1, parents.length);
  findings.equal(`${label}, parents`, foundParents, parents);
  const ancestors = await gpu.readWords(batch.ancestors);
  paths.forEach((path, i) => {
    const own = path.map((_, j) => FIRST_SLOT + nodeOf.get(path.slice(0, j + 1).join())!);
    const first = (i + 1) * batch.ancestorRoom;
    const found = ancestors.slice(first, first + path.length);
    findings.equal(`${label}, ancestors of node ${i + 1}`, found, own);
  });
}
