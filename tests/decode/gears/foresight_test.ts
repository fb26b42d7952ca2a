/** What drafts that were not verified would have given. */

import { assertEquals } from "@std/assert";
import { Foresight } from "../../../src/decode/gears/foresight.ts";
import { rowsBytes } from "../../../src/ops/rows.ts";
import type { TreeBuffers } from "../../../src/ops/tree/accept.ts";

const NODES = 4;
const NOTHING = { steps: 0, drafted: 0, right: 0 };

const foresight = () => new Foresight({ batch: {} } as TreeBuffers, NODES);

/** What is read back of a tree: its nodes' tokens, the root first, and the node before each. */
function treeOf(tokens: readonly number[], parents: readonly number[]): Uint32Array {
  const rowWords = rowsBytes(NODES) / 4;
  const words = new Uint32Array(rowWords + NODES).fill(99);
  words[0] = tokens.length;
  for (const [i, token] of tokens.entries()) words[1 + 4 * i] = token;
  words.set(parents, rowWords);
  return words;
}

/** Below the root 7 come 1 or 2, and below 2 comes 3. */
const TREE = treeOf([7, 1, 2, 3], [0, 0, 0, 2]);
const ROOT = treeOf([7], [0]);

Deno.test("tokens that come tell how far a tree would have been right", () => {
  for (
    const { tokens, right } of [
      { tokens: [9], right: 0 },
      { tokens: [3], right: 0 },
      { tokens: [1], right: 1 },
      { tokens: [2, 9], right: 1 },
      { tokens: [2, 1], right: 1 },
      { tokens: [2, 3, 9], right: 2 },
    ]
  ) {
    const seen = foresight();
    assertEquals(seen.hear([5, 7], TREE), NOTHING);
    assertEquals(seen.hear(tokens, ROOT), { steps: 1, drafted: 1, right }, `${tokens}`);
  }
});

Deno.test("a path is followed from one submit to the next, whatever its steps are", () => {
  const seen = foresight();
  seen.hear([7], TREE);
  assertEquals(seen.hear([2], TREE), { steps: 1, drafted: 1, right: 1 });
  assertEquals(seen.hear([3, 9], null), { steps: 0, drafted: 0, right: 1 });
  assertEquals(seen.hear([3], null), NOTHING);
});

Deno.test("a tree that other steps verify counts nothing, and one without drafts is a step without", () => {
  const seen = foresight();
  seen.hear([7], TREE);
  assertEquals(seen.hear([2, 3, 4], null), NOTHING);
  assertEquals(seen.hear([7], ROOT), NOTHING);
  assertEquals(seen.hear([2, 3], ROOT), { steps: 1, drafted: 0, right: 0 });
});

Deno.test("nothing of a text is left in the next one", () => {
  const seen = foresight();
  seen.hear([7], TREE);
  seen.hear([2], TREE);
  seen.begin();
  assertEquals(seen.hear([3, 4], ROOT), NOTHING);
});
