import { placesOf } from "../../../draft/tree_shape.ts";
import type { Gpu } from "../../../gpu/gpu.ts";
import { growShaped, growTree, growWithProposal, PLACE } from "../../../ops/tree/grow.ts";
import { packProposal } from "../../../ops/drafting/lookup.ts";
import { writeRowCount } from "../../../ops/rows.ts";
import type { Findings } from "../../check.ts";
import { mostProbablePathsWithProposal } from "../../oracles/drafts/lookup.ts";
import { randomIntegers, randomNormals } from "../../oracles/numbers/random.ts";
import { mostProbablePaths } from "../../oracles/drafts/tree.ts";
import { Workspace } from "../../workspace.ts";
import type { GrowCase, ProposalCase } from "./grow_cases.ts";
import { compareGrownTree, createRoot } from "./grown_tree.ts";
import { greatestTokens, runTop, weigh } from "../candidates/top_checks.ts";

/** The least logit, of a token that is never a candidate. */
const IMPOSSIBLE = -3.4e38;

/** The tree that grows from the most probable tokens is the oracle's, node by node. */
export async function checkGrow(gpu: Gpu, growCase: GrowCase, findings: Findings): Promise<void> {
  using workspace = new Workspace(gpu);
  const { vocabularySize, depth, nodes, followers = depth, paths, isWeighed } = growCase;
  const logits = growLogits(growCase);
  const top = runTop(workspace, logits, { ...growCase, rows: depth });
  const root = createRoot(workspace, { nodes, deepest: depth, levels: depth, followers });
  const inputs = { tree: root.tree, nodes, top };
  const shape = paths && workspace.upload("shape", PLACE.pack(...placesOf(paths)));
  workspace.run(shape ? growShaped(gpu, { ...inputs, shape }) : growTree(gpu, inputs));

  const levels = candidatesOf(logits, { vocabularySize, isWeighed }, top.ranks).slice(0, followers);
  const label = `a tree of ${nodes} nodes, ${followers} of ${depth} followers, ${top.ranks} ranks`;
  const ranks = paths
    ? paths.slice(0, paths.findIndex((path) => path.length > levels.length) >>> 0)
    : bestOf(
      mostProbablePaths(
        levels.map((level) => level.map(({ logProbability }) => logProbability)),
        nodes,
      ),
      nodes - 1,
      label,
      findings,
    ).map((path) => path.ranks);
  const expected = ranks.map((path) => path.map((rank, level) => levels[level][rank].token));
  await compareGrownTree(gpu, label, root, expected, findings);
}

/** The tree has the oracle's paths: the most probable of the candidates' and of the proposal's. */
export async function checkGrowWithProposal(
  gpu: Gpu,
  proposalCase: ProposalCase,
  findings: Findings,
): Promise<void> {
  const { vocabularySize, depth, ranks, nodes, proposed, sharedTokens } = proposalCase;
  const label = `a tree of ${nodes} nodes from ${depth} depths and ${proposed} proposed tokens`;
  using workspace = new Workspace(gpu);
  const levels = Math.max(1, depth);
  const logits = randomNormals(levels * vocabularySize, nodes + depth, 1.5);
  const top = runTop(workspace, logits, { rows: levels, vocabularySize, ranks });
  const tokens = randomIntegers(proposed, 11 + nodes, vocabularySize);
  const proposal = workspace.upload(
    "proposal",
    packProposal({
      length: proposed,
      shared_tokens: sharedTokens,
      token: tokens,
    }),
  );
  const deepest = Math.max(levels, proposed);
  const root = createRoot(workspace, { nodes, deepest, levels, followers: depth });
  workspace.run(growWithProposal(gpu, { tree: root.tree, nodes, top, proposal }));

  const candidates = candidatesOf(logits, { vocabularySize }, top.ranks)
    .slice(0, depth);
  const candidatesAfter = (path: readonly number[]) => candidates[path.length] ?? [];
  const paths = mostProbablePathsWithProposal(candidatesAfter, { sharedTokens, tokens }, nodes);
  const expected = bestOf(paths, nodes - 1, label, findings).map((path) => path.tokens);
  await compareGrownTree(gpu, label, root, expected, findings);
}

/** No tree grows where nothing follows: the root stays alone. */
export async function checkNoGrowth(gpu: Gpu, findings: Findings): Promise<void> {
  for (const [rows, followers] of [[0, 2], [1, 0], [0, 0]]) {
    using workspace = new Workspace(gpu);
    const top = runTop(workspace, randomNormals(20, 5), { rows: 2, vocabularySize: 10, ranks: 3 });
    const { batch, tree } = createRoot(workspace, { nodes: 4, deepest: 2, levels: 2, followers });
    writeRowCount(gpu, batch, rows);
    workspace.run(growTree(gpu, { tree, nodes: 4, top }));
    const found = await gpu.readWords(batch.rows, 0, 1);
    findings.equal(`a tree with ${rows} rows and ${followers} followers`, found, [rows]);
  }
}

/** Logits [depth, vocabularySize] of the candidates. */
function growLogits(
  { vocabularySize, depth, possible = vocabularySize, hasTies }: GrowCase,
): Float32Array<ArrayBuffer> {
  const logits = randomNormals(depth * vocabularySize, 4, 2);
  return logits.map((logit, i) => {
    if (i % vocabularySize >= possible) return IMPOSSIBLE;
    return hasTies ? Number(logits[i % vocabularySize] > 6) : logit;
  });
}

/** The `ranks` most probable tokens of each level of logits [levels, vocabularySize], in order. */
function candidatesOf(
  logits: Float32Array,
  { vocabularySize, isWeighed }: { vocabularySize: number; isWeighed?: boolean },
  ranks: number,
): { token: number; logProbability: number }[][] {
  return Array.from({ length: logits.length / vocabularySize }, (_, level) => {
    const own = logits.subarray(level * vocabularySize, (level + 1) * vocabularySize);
    const weighed = weigh(own, { isWeighed });
    const total = weighed.reduce((sum, logit) => sum + Math.exp(logit), 0);
    return greatestTokens(own, ranks)
      .map((token) => ({ token, logProbability: weighed[token] - Math.log(total) }));
  });
}

/** The first `count` of the oracle's paths: equal, or too far apart for rounding to change their order. */
export function bestOf<Path extends { logProbability: number }>(
  paths: readonly Path[],
  count: number,
  label: string,
  findings: Findings,
): Path[] {
  for (let i = 1; i < paths.length; i++) {
    const gap = paths[i - 1].logProbability - paths[i].logProbability;
    findings.claim(
      gap > 1e-5 || gap === 0,
      `${label}: rounding decides about path ${i}; choose other logits`,
    );
  }
  return paths.slice(0, count);
}
