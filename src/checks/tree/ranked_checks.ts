import type { Gpu } from "../../gpu/gpu.ts";
import { PROPOSAL } from "../../ops/drafting/lookup.ts";
import { packState } from "../../ops/loop_state.ts";
import { CHILD } from "../../ops/tree/children.ts";
import { growTree, growWithProposal } from "../../ops/tree/grow.ts";
import type { Findings } from "../check.ts";
import { mostProbablePathsWithProposal } from "../oracles/lookup.ts";
import { randomIntegers, randomNormals } from "../oracles/random.ts";
import { Workspace } from "../workspace.ts";
import type { RankedCase } from "./draft_cases.ts";
import { bestOf } from "./grow_checks.ts";
import { compareGrownTree, createRoot } from "./grown_tree.ts";

/** A child as a list has it. */
interface Child {
  token: number;
  logProbability: number;
  /** Which list of the next depth has what comes after it. */
  list: number;
}

/** The tree has the most probable of the paths whose every draft comes from its parent's own list. */
export async function checkRanked(
  gpu: Gpu,
  rankedCase: RankedCase,
  findings: Findings,
): Promise<void> {
  const { depth, ranks, nodes, room, proposed = 0 } = rankedCase;
  const label = `a tree of ${nodes} nodes, ${depth} lists of ${ranks}, ${proposed} proposed tokens`;
  using workspace = new Workspace(gpu);
  const lists = randomLists(rankedCase);
  const children = workspace.upload(
    "children",
    CHILD.pack(
      ...lists.flat(2).map(({ logProbability, ...rest }) => ({
        value: logProbability,
        ...rest,
      })),
    ),
  );
  const tokens = randomIntegers(proposed, 31, 2 * ranks);
  const deepest = Math.max(depth, proposed);
  const root = createRoot(workspace, { nodes, deepest, levels: depth, followers: depth });
  const inputs = {
    tree: root.tree,
    nodes,
    top: workspace.top({ rows: depth, ranks, vocabularySize: 2 * ranks }),
    state: workspace.upload("state", packState(room, [])),
    children,
  };
  const proposal = { shared_tokens: 2, guess: 0, trust: [0, 0, 0], length: proposed };
  workspace.run(
    proposed === 0 ? growTree(gpu, inputs) : growWithProposal(gpu, {
      ...inputs,
      proposal: workspace.upload("proposal", PROPOSAL.pack({ ...proposal, token: tokens })),
    }),
  );
  const levels = lists.slice(0, room - 1);
  const paths = mostProbablePathsWithProposal(
    (path) => listAfter(levels, path),
    { sharedTokens: proposed === 0 ? 0 : 2, tokens },
    nodes,
  );
  const expected = bestOf(paths, nodes - 1, label, findings).map((path) => path.tokens);
  await compareGrownTree(gpu, label, root, expected, findings);
}

/** What may come after the tokens of a path: list 0 after one that is not among the candidates of its depth. */
function listAfter(
  levels: readonly (readonly (readonly Child[])[])[],
  path: readonly number[],
): readonly Child[] {
  const last = levels[path.length - 1]?.[0].find(({ token }) => token === path[path.length - 1]);
  return levels[path.length]?.[last?.list ?? 0] ?? [];
}

/** [depth, ranks + 1, ranks]: the same different tokens in all lists of a depth, in descending order each. */
function randomLists({ depth, ranks, spread }: RankedCase): Child[][][] {
  return Array.from({ length: depth }, (_, level) => {
    const order = randomNormals(2 * ranks, 100 + level);
    const tokens = Array.from(order.keys()).sort((a, b) => order[a] - order[b]).slice(0, ranks);
    return Array.from({ length: ranks + 1 }, (_, list) => {
      const logits = randomNormals(ranks, 1000 * level + list, spread);
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
      return tokens.map((token, i) => ({
        token,
        logProbability: Math.fround(logits[i] - Math.log(total) - 0.05),
        list: i + 1,
      })).sort((a, b) => b.logProbability - a.logProbability);
    });
  });
}
