import { assertAlmostEquals, assertEquals } from "@std/assert";
import { rankAfterParent } from "../../src/checks/oracles/drafts/children.ts";

Deno.test("a parent ranks candidates anew, and leaves what they have in all", () => {
  const candidates = [
    { token: 7, logProbability: Math.log(0.4) },
    { token: 2, logProbability: Math.log(0.2) },
    { token: 9, logProbability: Math.log(0.1) },
  ];
  // In proportion 0.4, 0.8 and 0.1; 0.7 together.
  const ranked = rankAfterParent(candidates, [0, Math.log(4), 0]);
  assertEquals(ranked.map(({ token }) => token), [2, 7, 9]);
  [0.8, 0.4, 0.1].forEach((part, i) =>
    assertAlmostEquals(Math.exp(ranked[i].logProbability), 0.7 * part / 1.3, 1e-12)
  );
  assertEquals(rankAfterParent(candidates, [0, 0, 0]).map(({ token }) => token), [7, 2, 9]);
});
