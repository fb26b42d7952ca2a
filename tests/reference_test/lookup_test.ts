import { assertAlmostEquals, assertEquals } from "@std/assert";
import { lookUp, mostProbablePathsWithProposal } from "../../src/checks/oracles/drafts/lookup.ts";

const ANY = { shortest: 1, longest: 3 };

Deno.test("the longest run of last tokens decides, of equals the latest place", () => {
  //             1 2 3 →           2 3 →         3 →
  const text = [1, 2, 3, 7, 8, 9, 2, 3, 5, 5, 3, 4, 1, 2, 3];
  assertEquals(lookUp(text, ANY, 3), { sharedTokens: 3, tokens: [7, 8, 9] });
  assertEquals(lookUp(text, { ...ANY, longest: 2 }, 2), { sharedTokens: 2, tokens: [5, 5] });
  assertEquals(lookUp(text, { ...ANY, longest: 1 }, 2), { sharedTokens: 1, tokens: [4, 1] });
});

Deno.test("a text that repeats itself is continued beyond its end", () => {
  assertEquals(lookUp([6, 4, 5, 4, 5], ANY, 5), { sharedTokens: 2, tokens: [4, 5, 4, 5, 4] });
  assertEquals(lookUp([9, 9], ANY, 4), { sharedTokens: 1, tokens: [9, 9, 9, 9] });
});

Deno.test("nothing is proposed where too few tokens are shared", () => {
  assertEquals(lookUp([1, 2, 3, 4], ANY, 4), { sharedTokens: 0, tokens: [] });
  assertEquals(lookUp([1], ANY, 4), { sharedTokens: 0, tokens: [] });
  assertEquals(lookUp([1, 2, 1], { shortest: 2, longest: 3 }, 4), { sharedTokens: 0, tokens: [] });
});

Deno.test("candidates and the proposal are ordered by their probabilities", () => {
  const candidates = [
    [{ token: 1, logProbability: Math.log(0.6) }, { token: 2, logProbability: Math.log(0.3) }],
    [{ token: 3, logProbability: Math.log(0.5) }],
  ];
  // The proposal's tokens are right with probability 2/3, then 3/4, then 4/5.
  const paths = mostProbablePathsWithProposal(
    (tokens) => candidates[tokens.length] ?? [],
    { sharedTokens: 2, tokens: [2, 4, 5] },
    8,
  );
  const expected: [number[], number][] = [
    [[2], 2 / 3],
    [[1], 0.6],
    [[2, 4], 1 / 2],
    [[2, 4, 5], 2 / 5],
    [[2, 3], 1 / 3],
    [[1, 3], 0.3],
  ];
  assertEquals(paths.map(({ tokens }) => tokens), expected.map(([tokens]) => tokens));
  paths.forEach(({ logProbability }, i) =>
    assertAlmostEquals(Math.exp(logProbability), expected[i][1], 1e-12)
  );
});
