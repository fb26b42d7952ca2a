import { assertEquals, assertThrows } from "@std/assert";
import { placesOf } from "../../src/draft/tree_shape.ts";
import type { RankPath } from "../../src/format/settings/draft_settings.ts";
import { PLACE } from "../../src/ops/tree/grow.ts";

Deno.test("the places of a tree are its paths in order, the root first", () => {
  const paths = [[0], [2], [0, 1], [2, 0], [0, 1, 3]];
  const places = placesOf(paths);
  assertEquals(places, [
    { parent: 0, depth: 0, rank: 0 },
    { parent: 0, depth: 1, rank: 0 },
    { parent: 0, depth: 1, rank: 2 },
    { parent: 1, depth: 2, rank: 1 },
    { parent: 2, depth: 2, rank: 0 },
    { parent: 3, depth: 3, rank: 3 },
  ]);
  assertEquals([...PLACE.pack(...places).slice(9, 12)], [1, 2, 1]);
});

Deno.test("a tree may be a root alone, or as large and as deep as there is room", () => {
  assertEquals(placesOf([]).length, 1);
  const chain = Array.from({ length: 8 }, (_, i): RankPath => new Array(i + 1).fill(0));
  assertEquals(placesOf(chain).at(-1), { parent: 7, depth: 8, rank: 0 });
  const wide = Array.from({ length: 63 }, (_, i) => i < 32 ? [i] : [0, i - 32]);
  assertEquals(placesOf(wide).at(-1), { parent: 1, depth: 2, rank: 30 });
});

/** Paths that make no tree, and a part of what is said of them. */
const WRONG: readonly [paths: RankPath[], message: string][] = [
  [[[0], [0]], "tree path [0] stands there twice"],
  [[[0, 0], [0]], "tree path [0,0]: its prefix [0] does not stand before it"],
  [[[1], [0, 1]], "tree path [0,1]: its prefix [0] does not stand before it"],
  [[[]], "tree path []: expected 1 to 8 ranks from 0 to 31"],
  [[[32]], "tree path [32]: expected"],
  [[[-1]], "tree path [-1]: expected"],
  [[[0.5]], "tree path [0.5]: expected"],
  [[new Array(9).fill(0)], "expected 1 to 8 ranks"],
  [Array.from({ length: 64 }, (_, i) => [i]), "a tree of 65 nodes, at most 64 are supported"],
];

for (const [paths, message] of WRONG) {
  Deno.test(`refused: ${message}`, () => {
    assertThrows(() => placesOf(paths), RangeError, message);
  });
}
