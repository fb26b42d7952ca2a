import { quote } from "../format/errors.ts";
import type { DraftTree, RankPath } from "../format/settings/draft_settings.ts";
import { MAX_DEPTH, MAX_NODES } from "../ops/limits.ts";
import { MAX_RANKS } from "../ops/tree/top.ts";

/** A node of a tree in order: the node before it, its depth below the root, its candidate. */
export interface Place {
  parent: number;
  depth: number;
  rank: number;
}

/**
 * The nodes of a tree given by its paths, the root first. Paths must come after their prefixes.
 * @throws RangeError that says which path is wrong and why.
 */
export function placesOf(paths: readonly RankPath[]): Place[] {
  if (paths.length >= MAX_NODES) {
    throw new RangeError(`a tree of ${paths.length + 1} nodes, at most ${MAX_NODES} are supported`);
  }
  const places: Place[] = [{ parent: 0, depth: 0, rank: 0 }];
  const indices = new Map<string, number>([["", 0]]);
  for (const path of paths) {
    const isPath = path.length >= 1 && path.length <= MAX_DEPTH &&
      path.every((rank) => Number.isInteger(rank) && rank >= 0 && rank < MAX_RANKS);
    if (!isPath) {
      throw new RangeError(
        `tree path ${quote(path)}: expected 1 to ${MAX_DEPTH} ranks from 0 to ${MAX_RANKS - 1}`,
      );
    }
    const name = path.join(",");
    const prefix = path.slice(0, -1).join(",");
    const parent = indices.get(prefix);
    if (parent === undefined) {
      throw new RangeError(`tree path [${name}]: its prefix [${prefix}] does not stand before it`);
    }
    if (indices.has(name)) throw new RangeError(`tree path [${name}] stands there twice`);
    indices.set(name, places.length);
    places.push({ parent, depth: path.length, rank: path[path.length - 1] });
  }
  return places;
}

/** Nodes of a tree, the root included. */
export function nodesOf({ nodes, paths }: DraftTree): number {
  return paths ? 1 + paths.length : nodes;
}

/** Drafts on the longest path that a tree can have; at least one. */
export function longestPath({ nodes, paths }: DraftTree): number {
  return Math.max(1, paths ? Math.max(0, ...paths.map(({ length }) => length)) : nodes - 1);
}
