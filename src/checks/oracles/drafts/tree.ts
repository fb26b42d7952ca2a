import type { RowDescription } from "../attention.ts";

/** Drafted tokens as a tree. Node 0 is the root, the newest token of the text. */
export interface DraftTree {
  /** Token of each node. */
  tokens: number[];
  /** Parent of each node: −1 for the root, an earlier node for every other. */
  parents: number[];
}

/** The nodes whose tokens the model agrees with, and the token it says next. */
export interface Acceptance {
  /** Accepted nodes from the root down, the root included. */
  nodes: number[];
  /** The model's choice after the last accepted node. */
  bonus: number;
}

/**
 * Verifies a tree (Miao et al., SpecInfer, 2023, with exact agreement): starting from the root it
 * steps to the child that carries the model's choice after the current node, while there is one.
 *
 * `choices` holds the model's choice after every node. Of several such children the lowest index
 * is taken. The text that results is the one that decoding token by token would give.
 */
export function acceptPath(tree: DraftTree, choices: ArrayLike<number>): Acceptance {
  const nodes = [0];
  for (;;) {
    const last = nodes[nodes.length - 1];
    const next = tree.tokens.findIndex((token, node) =>
      tree.parents[node] === last && token === choices[last]
    );
    if (next === -1) return { nodes, bonus: choices[last] };
    nodes.push(next);
  }
}

/** How a step of decoding ends. */
export interface StepEnd {
  /** Accepted nodes from the root down, the root included. */
  nodes: number[];
  /** What the step adds to the text. */
  tokens: number[];
  /** Why the text ends here, if it does. */
  finish: "running" | "end of text" | "limit";
}

/**
 * Acceptance in a text that ends with the first of `endTokens`, or when it has `room` (at least 1)
 * more tokens. Drafts that would come after the end are not accepted.
 */
export function endStep(
  tree: DraftTree,
  choices: ArrayLike<number>,
  { room, endTokens }: { room: number; endTokens: readonly number[] },
): StepEnd {
  const { nodes, bonus } = acceptPath(tree, choices);
  const text = [...nodes.slice(1).map((node) => tree.tokens[node]), bonus].slice(0, room);
  const end = text.findIndex((token) => endTokens.includes(token));
  const tokens = end === -1 ? text : text.slice(0, end + 1);
  const finish = end !== -1 ? "end of text" : tokens.length === room ? "limit" : "running";
  return { nodes: nodes.slice(0, tokens.length), tokens, finish };
}

/** A path below the root: which candidate of its depth each draft on it is, 0 being the best. */
export type Ranks = readonly number[];

/**
 * The `count` paths through candidates [depth, ranks] whose drafts are most probable together, the
 * best first. Their prefixes are among them, since no path is more probable than its prefix. Of equals
 * the shorter comes first, then the one whose prefix does, then the one of the lower rank.
 */
export function mostProbablePaths(
  logProbabilities: readonly (readonly number[])[],
  count: number,
): { ranks: Ranks; logProbability: number }[] {
  const best = <Path extends { logProbability: number }>(paths: readonly Path[]) =>
    paths.toSorted((a, b) => b.logProbability - a.logProbability).slice(0, count);
  const paths: { ranks: Ranks; logProbability: number }[] = [];
  let longest = [{ ranks: [] as Ranks, logProbability: 0 }];
  for (const candidates of logProbabilities) {
    longest = best(longest.flatMap(({ ranks, logProbability }) =>
      candidates.map((own, rank) => ({
        ranks: [...ranks, rank],
        logProbability: logProbability + own,
      }))
    ));
    paths.push(...longest);
  }
  return best(paths);
}

/** A tree's first nodes, the root included, with what they give beside other numbers of nodes. */
export interface KeptNodes {
  nodes: number;
  /** The least that the others give less, in drafts that are right. */
  margin: number;
}

/**
 * How many nodes of a tree to keep, so that the drafts among them that are right, less
 * `worth` for each further row that a pass computes with so many nodes, are most.
 *
 * @param probabilities of the drafts, in order.
 * @param rowsComputed rows that a pass computes with so many nodes.
 */
export function nodesWorthTheirRows(
  probabilities: readonly number[],
  worth: number,
  rowsComputed: (nodes: number) => number,
): KeptNodes {
  let right = 0;
  const surplus = [
    0,
    ...probabilities.map((probability, i) => {
      right += probability;
      return right - worth * (rowsComputed(i + 2) - 1);
    }),
  ];
  const best = Math.max(...surplus);
  const nodes = surplus.lastIndexOf(best) + 1;
  const others = surplus.filter((_, i) => i + 1 !== nodes);
  return { nodes, margin: best - Math.max(...others) };
}

/** The nodes from the root to `node`, both included. */
export function pathTo(parents: readonly number[], node: number): number[] {
  const path: number[] = [];
  for (let at = node; at !== -1; at = parents[at]) path.unshift(at);
  return path;
}

/**
 * The rows of a tree whose root stands at position `prefix`, right after the committed text.
 * Node i has its key and value in slot `firstSlot` + i.
 */
export function treeRows(
  parents: readonly number[],
  prefix: number,
  firstSlot: number,
): RowDescription[] {
  return parents.map((_, node) => {
    const path = pathTo(parents, node);
    return {
      position: prefix + path.length - 1,
      prefix,
      slot: firstSlot + node,
      ancestors: path.map((ancestor) => firstSlot + ancestor),
    };
  });
}
