import type { BufferRange } from "../../gpu/queues/readback.ts";
import { rowsBytes, rowTokens } from "../../ops/rows.ts";
import type { TreeBuffers } from "../../ops/tree/accept.ts";

/** What came of drafts that were not verified. */
export interface Foreseen {
  /** Steps that could have verified drafts. */
  steps: number;
  /** Those of them for which there were some. */
  drafted: number;
  /** Drafts that would have been right. */
  right: number;
}

/** A tree that was not verified, as far as the text has followed it. */
interface FollowedTree {
  /** Of its nodes, the root first. */
  tokens: readonly number[];
  parents: readonly number[];
  /** The node that the text has reached. */
  node: number;
}

/**
 * What drafts would have given in plain steps: a plain step leaves a tree that the next one does not verify, and
 * the tokens that come tell how far it would have been right.
 */
export class Foresight {
  readonly #tree: TreeBuffers;
  readonly #nodes: number;
  /** The tree that the submit before has left; null if it had other steps. */
  #left: FollowedTree | null = null;
  #followed: FollowedTree[] = [];

  /** @param nodes of the trees, the root included. */
  constructor(tree: TreeBuffers, nodes: number) {
    this.#tree = tree;
    this.#nodes = nodes;
  }

  /** Bytes that are read back after a submit of plain steps. */
  get bytes(): number {
    return this.ranges.reduce((sum, { length }) => sum + length, 0);
  }

  /** Where they stand: the tree that the last step has left. */
  get ranges(): BufferRange[] {
    const { batch, parents } = this.#tree;
    return [
      { source: batch.rows, offset: 0, length: rowsBytes(this.#nodes) },
      { source: parents, offset: 0, length: 4 * this.#nodes },
    ];
  }

  /** A new text begins. */
  begin(): void {
    this.#left = null;
    this.#followed = [];
  }

  /**
   * Hears the tokens of a submit. Returns what they have shown of earlier trees.
   *
   * @param left what was read back after a submit of plain steps; null after one of others.
   */
  hear(tokens: readonly number[], left: Uint32Array | null): Foreseen {
    const seen: Foreseen = { steps: 0, drafted: 0, right: 0 };
    // Other steps have verified the tree that was left for them.
    if (left && this.#left) {
      this.#followed.push(this.#left);
      seen.steps++;
      seen.drafted += Number(this.#left.tokens.length > 1);
    }
    for (const token of tokens) {
      this.#followed = this.#followed.filter((tree) => goesOn(tree, token));
      seen.right += this.#followed.length;
    }
    this.#left = left && this.#treeOf(left);
    return seen;
  }

  #treeOf(words: Uint32Array): FollowedTree {
    const tokens = rowTokens(words);
    const parents = [...words.subarray(rowsBytes(this.#nodes) / 4)].slice(0, tokens.length);
    return { tokens, parents, node: 0 };
  }
}

/** Follows a tree to its draft of the token. Returns whether it has one. */
function goesOn(tree: FollowedTree, token: number): boolean {
  const next = tree.tokens.findIndex((draft, node) =>
    node > 0 && tree.parents[node] === tree.node && draft === token
  );
  if (next > 0) tree.node = next;
  return next > 0;
}
