import { assertEquals } from "@std/assert";
import { mostUsedTokens } from "../../../src/train/texts/most_used.ts";
import { DocumentTexts, Epochs } from "../../../src/train/texts/texts.ts";

const ONCE = new DocumentTexts([Uint32Array.of(5, 5, 2, 5, 2, 7, 1, 1, 0, 5, 9, 9)], {
  length: 4,
  seed: 1,
});
const TEXTS = new Epochs(ONCE, { epochs: 2, seed: 1 });

Deno.test("the tokens that texts use most come in ascending order, of equals the lower ids", async () => {
  const most = (count: number) => mostUsedTokens(TEXTS, { count, vocabularySize: 12 });
  assertEquals(await most(1), Uint32Array.of(5));
  assertEquals(await most(3), Uint32Array.of(1, 2, 5));
  assertEquals(await most(7), Uint32Array.of(0, 1, 2, 3, 5, 7, 9));
  assertEquals(await most(12), null);
});

Deno.test("counting the tokens of texts can be stopped", async () => {
  const stopped = AbortSignal.abort(new Error("stopped"));
  const counting = mostUsedTokens(TEXTS, { count: 3, vocabularySize: 12 }, { signal: stopped });
  assertEquals(await counting.catch((error) => error.message), "stopped");
});
