import { assert, assertEquals } from "@std/assert";
import { longestContext, randomPhrases } from "../../../src/checks/oracles/drafts/phrases.ts";
import { packPhrases, tokensOf } from "../../../src/checks/tree/grow/packed_phrases.ts";
import { linkPhrases, listAfterTokens } from "../../../src/draft/phrases/phrase_table.ts";
import { NO_TOKEN } from "../../../src/format/trained/phrases.ts";
import { ABSENT_TOKEN } from "../../../src/ops/drafting/phrases.ts";
import { CHILD } from "../../../src/ops/tree/children.ts";

Deno.test("each next token is linked with what comes after the longest context that was kept", () => {
  const phrases = randomPhrases({ vocabularySize: 300, width: 4, seed: 5 });
  const contexts = [...phrases.keys()];
  const { entries, width } = linkPhrases(packPhrases(phrases, 4));
  const children = CHILD.unpackAll(entries);
  const lengths = new Set<number>();
  for (const [list, context] of contexts.entries()) {
    const next = phrases.get(context)!;
    for (let i = 0; i < width; i++) {
      const { value, token, list: after } = children[list * width + i];
      if (i >= next.length) {
        assertEquals([token, after], [NO_TOKEN, 0]);
        continue;
      }
      assertEquals([token, value], [next[i].token, next[i].logProbability]);
      const expected = longestContext(phrases, [...tokensOf(context), token]);
      assertEquals(contexts[after], expected, `${token} after ${context}`);
      lengths.add(tokensOf(expected).length);
    }
  }
  assertEquals([...lengths].sort(), [1, 2, 3]);
});

Deno.test("a list is found by the longest context that the last tokens end with", () => {
  const phrases = new Map([["", []], ["7", []], ["5 7", []], ["2097150 5 7", []]]);
  const { slots } = linkPhrases(packPhrases(phrases, 1));
  const after = (...tokens: [number, number, number]) => listAfterTokens(slots, ...tokens);
  assertEquals(after(2097150, 5, 7), 3);
  assertEquals(after(4, 5, 7), 2);
  assertEquals(after(ABSENT_TOKEN, 5, 7), 2);
  assertEquals(after(5, 6, 7), 1);
  assertEquals(after(ABSENT_TOKEN, ABSENT_TOKEN, 7), 1);
  assertEquals(after(2097150, 5, 8), 0);
});

Deno.test("100,000 lists are linked, and nearly all contexts found, whatever their number", () => {
  const lists = 100_000;
  const contexts = new Uint32Array(3 * lists).fill(NO_TOKEN);
  for (let list = 1; list < lists; list++) contexts.set([list % 317, list % 499, list], 3 * list);
  const tokens = new Uint32Array(lists).map((_, list) => list + 1);
  const logProbabilities = new Float32Array(lists).fill(-1);
  const { slots } = linkPhrases({ lists, width: 1, contexts, tokens, logProbabilities });
  let found = 0;
  for (let list = 1; list < lists; list++) {
    if (listAfterTokens(slots, list % 317, list % 499, list) === list) found++;
  }
  assert(found >= lists - 4, `${found}`);
});
