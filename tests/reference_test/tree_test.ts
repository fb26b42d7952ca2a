import { assert, assertEquals } from "@std/assert";
import { randomIntegers, randomParents } from "../../src/checks/oracles/numbers/random.ts";
import {
  acceptPath,
  type DraftTree,
  endStep,
  mostProbablePaths,
  pathTo,
  treeRows,
} from "../../src/checks/oracles/drafts/tree.ts";

//        0 (5)
//       /     \
//    1 (6)    2 (7)
//    /   \       \
//  3 (8) 4 (9)   5 (8)
const TREE: DraftTree = { tokens: [5, 6, 7, 8, 9, 8], parents: [-1, 0, 0, 1, 1, 2] };

Deno.test("acceptance follows the model's choices to a leaf", () => {
  assertEquals(acceptPath(TREE, [6, 9, 0, 0, 3, 0]), { nodes: [0, 1, 4], bonus: 3 });
  assertEquals(acceptPath(TREE, [7, 9, 8, 0, 3, 1]), { nodes: [0, 2, 5], bonus: 1 });
});

Deno.test("acceptance stops at the first choice that was not drafted and hands it on", () => {
  assertEquals(acceptPath(TREE, [4, 9, 8, 0, 3, 1]), { nodes: [0], bonus: 4 });
  assertEquals(acceptPath(TREE, [6, 4, 8, 0, 3, 1]), { nodes: [0, 1], bonus: 4 });
});

Deno.test("a token drafted under another parent is not accepted", () => {
  assertEquals(acceptPath(TREE, [7, 8, 9, 0, 0, 0]), { nodes: [0, 2], bonus: 9 });
});

Deno.test("of two children with the right token the lower index is taken", () => {
  const tree = { tokens: [5, 6, 6, 7], parents: [-1, 0, 0, 2] };
  assertEquals(acceptPath(tree, [6, 7, 7, 0]), { nodes: [0, 1], bonus: 7 });
});

Deno.test("a root alone yields its own choice", () => {
  assertEquals(acceptPath({ tokens: [5], parents: [-1] }, [8]), { nodes: [0], bonus: 8 });
});

Deno.test("acceptance emits what decoding one token at a time emits, for random trees", () => {
  let longest = 0;
  for (let seed = 0; seed < 300; seed++) {
    const parents = randomParents(20, seed);
    const tokens = randomIntegers(20, seed + 1000, 3);
    // A model whose choice depends on the whole path, as a language model's does.
    const choose = (text: number[]) => text.reduce((sum, token) => sum * 7 + token + seed, 1) % 3;
    const choices = parents.map((_, node) => choose(pathTo(parents, node).map((n) => tokens[n])));
    const { nodes, bonus } = acceptPath({ tokens, parents }, choices);

    const text = [tokens[0]];
    for (let i = 0; i < nodes.length; i++) text.push(choose(text));
    assertEquals([...nodes.map((node) => tokens[node]), bonus], text);
    longest = Math.max(longest, nodes.length);
  }
  assert(longest >= 4, `the trees were too easy: ${longest}`);
});

Deno.test("a text ends with an end token or its last allowed token, and drafts after it are dropped", () => {
  const choices = [6, 9, 0, 0, 3, 0];
  const step = (room: number, endTokens: number[]) => endStep(TREE, choices, { room, endTokens });
  assertEquals(step(9, []), { nodes: [0, 1, 4], tokens: [6, 9, 3], finish: "running" });
  assertEquals(step(3, []), { nodes: [0, 1, 4], tokens: [6, 9, 3], finish: "limit" });
  assertEquals(step(2, []), { nodes: [0, 1], tokens: [6, 9], finish: "limit" });
  assertEquals(step(9, [3]), { nodes: [0, 1, 4], tokens: [6, 9, 3], finish: "end of text" });
  assertEquals(step(2, [9, 6]), { nodes: [0], tokens: [6], finish: "end of text" });
  assertEquals(step(1, [9]), { nodes: [0], tokens: [6], finish: "limit" });
  assertEquals(step(2, [9]), { nodes: [0, 1], tokens: [6, 9], finish: "end of text" });
});

Deno.test("the most probable paths come in order, prefixes first", () => {
  const [half, quarter, tenth] = [0.5, 0.25, 0.1].map(Math.log);
  const paths = mostProbablePaths([[half, quarter], [half, tenth]], 5);
  assertEquals(paths.map(({ ranks }) => ranks), [[0], [1], [0, 0], [1, 0], [0, 1]]);
  const certain = mostProbablePaths([[0, -9], [0, -9], [0, -9]], 3);
  assertEquals(certain.map(({ ranks }) => ranks), [[0], [0, 0], [0, 0, 0]]);
});

Deno.test("no node of a random tree is deeper than asked for", () => {
  for (const maxDepth of [1, 2, 8]) {
    const parents = randomParents(200, 5, maxDepth);
    const depths = parents.map((_, node) => pathTo(parents, node).length - 1);
    assertEquals(Math.max(...depths), maxDepth);
  }
});

Deno.test("rows of a tree stand at prefix + depth and list their path's slots", () => {
  const rows = treeRows(TREE.parents, 10, 40);
  assertEquals(rows[0], { position: 10, prefix: 10, slot: 40, ancestors: [40] });
  assertEquals(rows[4], { position: 12, prefix: 10, slot: 44, ancestors: [40, 41, 44] });
  assertEquals(rows[5], { position: 12, prefix: 10, slot: 45, ancestors: [40, 42, 45] });
});
