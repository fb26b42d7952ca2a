import { assertAlmostEquals, assertEquals } from "@std/assert";
import { scoreAnswer } from "../../../../src/engine/text/scores/logprobs.ts";
import { byteTokenizer, EOS } from "../../fake_model.ts";

/** Scores an answer of bytes after "ab" by the same logits at every place. */
async function score(answer: readonly number[], logits: readonly number[], top: number) {
  const asked: [number, number][] = [];
  const model = {
    tokenizer: byteTokenizer,
    async *textLogits(ids: readonly number[], from: number) {
      asked.push([ids.length, from]);
      for (let at = from; at < ids.length; at++) {
        yield await Promise.resolve(Float32Array.from(logits));
      }
    },
  };
  const promptIds = byteTokenizer.encode("ab");
  return { scored: await scoreAnswer(model, { promptIds, ids: answer, top }), asked };
}

Deno.test("logits become logarithms of probabilities, however large they are", async () => {
  const { scored, asked } = await score([2, 0], [1000, 1001, 998], 2);
  assertEquals(asked, [[3, 1]]);
  const sum = Math.log(Math.exp(-1) + 1 + Math.exp(-3));
  const [one, other] = scored;
  assertEquals([one.id, other.id, other.token], [2, EOS, "<end>"]);
  assertAlmostEquals(one.logprob, -3 - sum, 1e-12);
  assertAlmostEquals(other.logprob, -1 - sum, 1e-12);
  assertEquals(one.top.map(({ id }) => id), [1, 0]);
  assertAlmostEquals(one.top[0].logprob, -sum, 1e-12);
  const all = await score([2, 0], [1000, 1001, 998], 100);
  const whole = all.scored[0].top.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0);
  assertAlmostEquals(whole, 1, 1e-12);
});

Deno.test("the most probable tokens come in order, of equal ones the first", async () => {
  const { scored } = await score([1], [2, 5, 1, 5, 3, 2], 4);
  assertEquals(scored[0].top.map(({ id }) => id), [1, 3, 4, 0]);
  assertEquals((await score([1], [2, 5], 0)).scored[0].top, []);
  assertEquals((await score([], [2, 5], 1)).asked, []);
});

Deno.test("a token is told as the text that it adds to the one before", async () => {
  const ids = byteTokenizer.encode("é!");
  const { scored } = await score(ids, Array.from({ length: 257 }, () => 0), 1);
  assertEquals(scored.map(({ token }) => token), ["\ufffd", "é", "!"]);
});
