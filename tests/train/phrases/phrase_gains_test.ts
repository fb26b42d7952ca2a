import { assertAlmostEquals, assertEquals } from "@std/assert";
import { NO_TOKEN } from "../../../src/format/trained/phrases.ts";
import { countPhrases } from "../../../src/train/phrases/count_phrases.ts";
import { GAIN_NODES, phraseGains } from "../../../src/train/phrases/phrase_gains.ts";
import { randomBits } from "../../../src/train/texts/random.ts";

/** Token a is followed by a + 1 (of 10), with another one now and then. */
const CYCLE = {
  lists: 11,
  width: 2,
  contexts: Uint32Array.from([
    [NO_TOKEN, NO_TOKEN, NO_TOKEN],
    ...Array.from({ length: 10 }, (_, a) => [NO_TOKEN, NO_TOKEN, a]),
  ].flat()),
  tokens: Uint32Array.from([
    [0, NO_TOKEN],
    ...Array.from({ length: 10 }, (_, a) => [(a + 1) % 10, (a + 2) % 10]),
  ].flat()),
  logProbabilities: Float32Array.from([
    [0, -65504],
    ...Array.from({ length: 10 }, () => [Math.log(0.9), Math.log(0.1)]),
  ].flat()),
};

function text(length: number, token: (i: number) => number, begin = 0) {
  return { ids: Uint32Array.from({ length }, (_, i) => token(i)), begin };
}

Deno.test("where the most probable path is right a step has as many tokens as the tree has nodes, up to 9", async () => {
  const gains = await phraseGains(CYCLE, [text(400, (i) => i % 10)]);
  // Of the nodes that a tree of 8 has, the path at 0.9 to the power of 7 is the last.
  assertEquals(gains, { 2: 2, 4: 4, 8: 8, 16: 9, 32: 9, 64: 9 });
});

Deno.test("where it is wrong a step has the token that the model chooses alone, or what wider trees find", async () => {
  const gains = await phraseGains(CYCLE, [text(400, (i) => (5 * i) % 10)]);
  assertEquals(gains, { 2: 1, 4: 1, 8: 1, 16: 1, 32: 1, 64: 1 });
  const second = await phraseGains(CYCLE, [text(400, (i) => (2 * i) % 10)]);
  assertEquals([second![2], second![8], second![64] > 1.9], [1, 1, true]);
});

Deno.test("only what was written is measured, and no step that the end may cut short", async () => {
  const right = text(20, (i) => i % 10);
  assertEquals(await phraseGains(CYCLE, []), null);
  assertEquals(await phraseGains(CYCLE, [text(9, (i) => i % 10)]), null);
  assertEquals(await phraseGains(CYCLE, [{ ...right, begin: 11 }]), null);
  const wrongFirst = text(60, (i) => i < 30 ? 5 * i % 10 : i % 10);
  const gains = await phraseGains(CYCLE, [{ ...wrongFirst, begin: 30 }]);
  assertEquals(gains?.[4], 4);
});

Deno.test("more nodes never are worth less, and the longest known context decides", async () => {
  const ids = (seed: number, length: number) =>
    Uint32Array.from(
      { length },
      (_, i) =>
        [3, 1, 4, 1, 5, 9, 2, 6][(i + seed) % 8] + 10 * Number(randomBits(seed, i) % 7 === 0),
    );
  const texts = [1, 2, 3, 4].map((seed) => ({ ids: ids(seed, 300), begin: 0 }));
  const lists = await countPhrases(texts, { width: 4, lists: 1000 });
  const gains = await phraseGains(lists, [{ ids: ids(9, 500), begin: 0 }]);
  const values = GAIN_NODES.map((nodes) => gains![nodes]);
  for (const [i, value] of values.entries()) assertEquals(value >= (values[i - 1] ?? 1), true);
  // After a 1 comes a 4 or a 5: one token alone does not tell.
  const short = await countPhrases(texts, { width: 4, lists: 15 });
  const other = await phraseGains(short, [{ ids: ids(9, 500), begin: 0 }]);
  assertEquals(other![4] < gains![4], true);
  assertAlmostEquals(gains![2], 1.85, 0.15);
});
