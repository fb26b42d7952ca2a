/** The perplexity of texts, against definitions. */

import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { textLogits } from "../../../../src/engine/audit/text_logits.ts";
import { measurePerplexity, windowsOf } from "../../../../src/engine/text/scores/perplexity.ts";
import { DataError } from "../../../../src/format/errors.ts";
import { withGpu } from "../../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../../../model/random_model.ts";

Deno.test("every token but the first counts in one window, with enough tokens before it", () => {
  for (
    const [length, window, stride] of [[1, 4, 2], [2, 4, 2], [9, 4, 2], [10, 4, 3], [40, 16, 1]]
  ) {
    const windows = windowsOf(length, { window, stride });
    const counted = windows.flatMap(({ from, end }) =>
      Array.from({ length: end - from }, (_, i) => from + i)
    );
    assertEquals(counted, Array.from({ length: length - 1 }, (_, i) => i + 1));
    for (const { begin, from, end } of windows) {
      assert(end - begin <= window && end <= length);
      assert(begin === 0 || from - begin >= window - stride, `${from} in ${begin}`);
    }
  }
});

/** A model for which the next token is one more than the last with the probability ½. */
async function* counting(ids: readonly number[], from: number): AsyncGenerator<Float32Array> {
  for (const id of ids.slice(from)) {
    const logits = new Float32Array(5);
    logits[(id + 1) % 5] = Math.log(4);
    yield await Promise.resolve(logits);
  }
}

Deno.test("perplexity and its error are those of the definition", async () => {
  const options = { window: 4, stride: 2, readLogits: counting };
  const right = await measurePerplexity([[0, 1, 2, 3, 4, 0], [2]], options);
  assertAlmostEquals(right.value, 2, 1e-6);
  assertEquals([right.tokens, Math.abs(right.error) < 1e-6], [5, true]);
  // Two of the four tokens have the probability 1/8.
  const mixed = await measurePerplexity([[0, 1, 3, 4, 2]], options);
  assertAlmostEquals(mixed.value, Math.sqrt(2 * 8), 1e-5);
  const deviation = Math.log(8 / 2) / 2;
  assertAlmostEquals(mixed.error, mixed.value * deviation * Math.sqrt(4 / 3) / 2, 1e-5);
  await assertRejects(() => measurePerplexity([[1]], options), DataError, "no token");
});

withGpu("the numbers are the same however many rows are worked at together", async (gpu) => {
  using random = await randomModel(gpu, tiny({ vocabSize: 12 }), ["F16"]);
  const document = Array.from({ length: 30 }, (_, i) => (7 * i * i + 3) % 12);
  const measure = async (rows: number) =>
    await measurePerplexity([document], {
      window: 12,
      stride: 5,
      readLogits: (ids, from) => textLogits(random.model, { ids, from, kv: "f16", rows }),
    });
  const one = await measure(1);
  assertEquals(await measure(7), one);
  assertEquals(await measure(16), one);
});

Deno.test("a measurement that is stopped has the tokens until then", async () => {
  const stop = new AbortController();
  const { tokens } = await measurePerplexity([[0, 1, 2, 3, 4, 0, 1]], {
    window: 4,
    stride: 2,
    readLogits: counting,
    signal: stop.signal,
    onProgress: (done) => done === 3 && stop.abort(),
  });
  assertEquals(tokens, 3);
});
