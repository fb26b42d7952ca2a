import type { Gpu } from "../../../gpu/gpu.ts";
import { commit } from "../../../ops/tree/accept.ts";
import type { Findings } from "../../check.ts";
import { Workspace } from "../../workspace.ts";
import { type CommitCase, draftedCache } from "./commit_cases.ts";

/** The accepted drafts' keys and values are in the slots of their positions, and nothing else changed. */
export async function checkCommit(
  gpu: Gpu,
  commitCase: CommitCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const batch = workspace.batch([], 1);
  const tree = workspace.tree({ batch, nodes: 1, followers: 0, firstSlot: 0 });
  const { layers, expected } = draftedCache(gpu, workspace, tree, commitCase);
  workspace.run(commit(gpu, tree, layers));
  const { drafts, kvHeadCount, headDim, format } = commitCase;
  const label = `${drafts} drafts, ${kvHeadCount} heads of ${headDim} in ${format}`;
  findings.equal(label, await gpu.readWords(layers.buffer, 0, expected.length), expected);
}
