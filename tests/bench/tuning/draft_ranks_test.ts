import { assertEquals } from "@std/assert";
import { bestPaths } from "../../../src/bench/tuning/draft_ranks.ts";
import { fastest, type Trial } from "../../../src/bench/tuning/tuner.ts";
import { placesOf } from "../../../src/draft/tree_shape.ts";
import { MAX_RANKS } from "../../../src/ops/tree/top.ts";

const RANKS = [[0, 0], [0, 1], [0, 1], [1, 0], [2, MAX_RANKS]];

Deno.test("the best tree has the paths that were right most often, parents first", () => {
  assertEquals(bestPaths(RANKS, 3), [[0], [0, 1]]);
  const paths = bestPaths(RANKS, 64);
  assertEquals(paths.length, 6);
  assertEquals(placesOf(paths).length, 7);
  assertEquals(paths.some((path) => path.includes(MAX_RANKS)), false);
});

Deno.test("the fastest trial is that with the greatest speed-up, plain decoding included", () => {
  const trial = (nodes: number, speedUp: number) =>
    ({ settings: { nodes }, figures: { speedUp } }) as Trial;
  assertEquals(fastest([trial(1, 1), trial(4, 1.5), trial(8, 1.4)]).settings.nodes, 4);
  assertEquals(fastest([trial(1, 1), trial(4, 0.9)]).settings.nodes, 1);
});
