import { assertEquals, assertRejects } from "@std/assert";
import { comparePair } from "../../../src/bench/runs/pair_figures.ts";
import { fakeDecoder, type FakeDecoding } from "./fake_decoder.ts";

/** 12 tokens each; plain decoding takes 1, 2 and 9 seconds. */
const PROMPTS = [[100], [200], [900]];

function pair(fake: FakeDecoding, onProgress?: (done: number, total: number) => void) {
  const plain = fakeDecoder([], "plain", { seconds: (prompt) => prompt / 100 });
  return comparePair(
    { name: "plain decoding", decoder: plain },
    { name: "a tree", decoder: fakeDecoder([], "tree", fake) },
    PROMPTS,
    { gpu: { isSoftware: true }, maxTokens: 12, onProgress },
  );
}

Deno.test("speed-up is the median of each prompt's own ratio, the other figures of each alone", async () => {
  // 1, 4 and 3 times as fast: the ratio of the median times would be another, 2 / 1.
  const seconds = new Map([[100, 1], [200, 0.5], [900, 3]]);
  const figures = await pair({ seconds: (prompt) => seconds.get(prompt)!, drafts: 2 });
  assertEquals(figures, {
    tokensPerForward: 3,
    millisecondsPerForward: 250,
    millisecondsPerToken: 1000 / 12,
    referenceMillisecondsPerToken: 2000 / 12,
    speedUp: 3,
  });
});

Deno.test("one other id in one decoding is an error that tells where", async () => {
  const fake = { seconds: () => 1, wrongAt: (prompt: number) => prompt === 900 ? 11 : null };
  await assertRejects(
    () => pair(fake),
    Error,
    "a tree is not lossless: token 12 of prompt 3 is -1, plain decoding has 911",
  );
});

Deno.test("progress counts the decodings of both", async () => {
  let last: number[] = [];
  await pair({ seconds: () => 1 }, (...news) => last = news);
  assertEquals(last, [6, 6]);
});
