import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { NO_TOKEN, type PhraseLists } from "../../../src/format/trained/phrases.ts";
import type { CountedText } from "../../../src/train/phrases/corpus.ts";
import { countPhrases } from "../../../src/train/phrases/count_phrases.ts";
import { randomBits } from "../../../src/train/texts/random.ts";

/** Texts over few tokens, so that contexts come again. */
function randomTexts(count: number, vocabulary: number): CountedText[] {
  return Array.from({ length: count }, (_, text) => {
    const length = 1 + randomBits(text, 1) % 40;
    const ids = Uint32Array.from(
      { length },
      (_, i) => Math.min(randomBits(text, i, 2), randomBits(text, i, 3)) % vocabulary,
    );
    return { ids, begin: randomBits(text, 4) % Math.min(6, length + 1) };
  });
}

/** How often each token was counted after a context. */
function followers(texts: readonly CountedText[], context: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { ids, begin } of texts) {
    for (let i = Math.max(begin, context.length); i < ids.length; i++) {
      const before = ids.slice(i - context.length, i);
      if (context.every((token, j) => token === before[j])) {
        counts.set(ids[i], (counts.get(ids[i]) ?? 0) + 1);
      }
    }
  }
  return counts;
}

function sum(counts: Map<number, number>): number {
  return [...counts.values()].reduce((all, one) => all + one, 0);
}

/** The probability by its definition. */
function probability(
  texts: readonly CountedText[],
  context: readonly number[],
  token: number,
): number {
  const counts = followers(texts, context);
  const own = (counts.get(token) ?? 0) / sum(counts);
  if (context.length === 0) return own;
  const weight = sum(counts) / (sum(counts) + counts.size);
  return weight * own + (1 - weight) * probability(texts, context.slice(1), token);
}

/** All contexts of 0 to 3 tokens that are used twice or more, ascending, no token being the lowest. */
function usedContexts(texts: readonly CountedText[]): number[][] {
  const contexts = new Map<string, number[]>();
  for (const { ids } of texts) {
    for (let end = 0; end <= ids.length; end++) {
      for (let length = 0; length <= Math.min(3, end); length++) {
        const context = [...ids.slice(end - length, end)];
        contexts.set(context.join(), context);
      }
    }
  }
  const key = (context: number[]) =>
    [...Array(3 - context.length).fill(0), ...context.map((token) => token + 1)]
      .map((token) => String(token).padStart(4, "0")).join();
  return [...contexts.values()]
    .filter((context) => context.length === 0 || sum(followers(texts, context)) >= 2)
    .sort((a, b) => key(a) < key(b) ? -1 : 1);
}

function contextsOf({ contexts, lists }: PhraseLists): number[][] {
  return Array.from(
    { length: lists },
    (_, row) => [...contexts.subarray(3 * row, 3 * row + 3)].filter((token) => token !== NO_TOKEN),
  );
}

for (
  const { count, vocabulary, width } of [
    { count: 12, vocabulary: 5, width: 4 },
    { count: 9, vocabulary: 30, width: 8 },
    { count: 3, vocabulary: 3, width: 1 },
  ]
) {
  Deno.test(`lists are what their definition says, ${width} of ${vocabulary} tokens`, async () => {
    const texts = randomTexts(count, vocabulary);
    const lists = await countPhrases(texts, { width, lists: 10_000 });
    const contexts = contextsOf(lists);
    assertEquals(contexts, usedContexts(texts));
    for (const [row, context] of contexts.entries()) {
      const all = Array.from({ length: vocabulary }, (_, token) => ({
        token,
        value: Math.log(probability(texts, context, token)),
      })).filter(({ value }) => value > -Infinity).sort((a, b) => b.value - a.value);
      const best = all.slice(0, width);
      const found = lists.tokens.subarray(row * width, (row + 1) * width);
      const values = lists.logProbabilities.subarray(row * width, (row + 1) * width);
      for (let i = 0; i < width; i++) {
        const place = `${context}: ${i}`;
        // Equally probable ones may come in any order here: the sums are rounded otherwise.
        const expected = all.find(({ token }) => token === found[i]);
        assertAlmostEquals(values[i], best[i]?.value ?? -65504, 1e-5, place);
        assertEquals(found[i] === NO_TOKEN, best[i] === undefined, place);
        assertAlmostEquals(values[i], expected?.value ?? -65504, 1e-5, place);
      }
    }
  });
}

Deno.test("contexts reach into what a text goes on from, but not into other texts", async () => {
  const text = { ids: Uint32Array.of(7, 1, 2, 3), begin: 2 };
  const lists = await countPhrases([text, text], { width: 2, lists: 100 });
  assertEquals(contextsOf(lists), [[], [1], [2], [1, 2], [7, 1], [7, 1, 2]]);
  assertEquals(lists.tokens.subarray(0, 2), Uint32Array.of(2, 3));
});

Deno.test("the empty context is kept however little it is used", async () => {
  const texts = [{ ids: Uint32Array.of(5), begin: 0 }];
  const lists = await countPhrases(texts, { width: 2, lists: 4 });
  assertEquals([contextsOf(lists), [...lists.tokens]], [[[]], [5, NO_TOKEN]]);
});

Deno.test("the lists that are used most are kept, and what their contexts end in", async () => {
  const texts = randomTexts(40, 12);
  const all = await countPhrases(texts, { width: 2, lists: 10_000 });
  for (const most of [1, 2, 7, 60]) {
    const kept = await countPhrases(texts, { width: 2, lists: most });
    const contexts = contextsOf(kept);
    assertEquals(contexts.length, most);
    const known = new Set(contexts.map((context) => context.join()));
    for (const context of contexts) assertEquals(known.has(context.slice(1).join()), true);
    const uses = (context: number[]) => sum(followers(texts, context));
    const least = Math.min(...contexts.map(uses));
    for (const context of contextsOf(all)) {
      if (!known.has(context.join())) assertEquals(uses(context) <= least, true);
    }
    const rows = contexts.map((context) =>
      contextsOf(all).findIndex((one) => one.join() === context.join())
    );
    for (const [row, before] of rows.entries()) {
      assertEquals(
        kept.logProbabilities.subarray(2 * row, 2 * row + 2),
        all.logProbabilities.subarray(2 * before, 2 * before + 2),
      );
    }
  }
});

Deno.test("of tokens that come equally often the lower ids are first, whatever the order of the texts", async () => {
  const texts = [[9, 4], [9, 2], [9, 7]].map((ids) => ({ ids: Uint32Array.from(ids), begin: 1 }));
  for (const some of [texts, texts.toReversed()]) {
    const { tokens } = await countPhrases(some, { width: 2, lists: 10 });
    assertEquals(tokens, Uint32Array.of(2, 4, 2, 4));
  }
});

Deno.test("long texts can be stopped, and tell how far they are", async () => {
  const text = {
    ids: Uint32Array.from({ length: 400_000 }, (_, i) => randomBits(i) % 5000),
    begin: 0,
  };
  const stopped = new AbortController();
  const shares: number[] = [];
  const onProgress = (_: string, done: number, total: number) => {
    shares.push(done / total);
    stopped.abort(new Error("stopped"));
  };
  const work = { signal: stopped.signal, onProgress };
  await assertRejects(() => countPhrases([text], { width: 4, lists: 100 }, work), Error, "stopped");
  assertEquals(shares.length, 1);
  assertEquals(shares[0] > 0 && shares[0] < 1, true);
});
