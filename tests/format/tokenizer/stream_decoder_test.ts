/** Text that comes in pieces is the text that comes at once, and no piece has half a character. */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { StreamDecoder, Tokenizer } from "../../../src/format/tokenizer/tokenizer.ts";
import { DEMO_FOLDER, withFolder } from "../support.ts";
import {
  BYTE_FALLBACK_SIZE,
  BYTE_LEVEL_SIZE,
  byteFallbackTokenizer,
  byteLevelTokenizer,
  type TokenizerJson,
  UNIGRAM_SIZE,
  unigramTokenizer,
} from "./tokenizers.ts";

async function open(json: TokenizerJson): Promise<Tokenizer> {
  return await withFolder({ "tokenizer.json": json }, (folder) => Tokenizer.open(folder));
}

/** The pieces of a text whose tokens come in batches. */
function pieces(tokenizer: Tokenizer, batches: readonly (readonly number[])[]): string[] {
  const decoder = tokenizer.streamDecoder();
  return [...batches.map((ids) => decoder.push(ids)), decoder.finish()];
}

const oneByOne = (ids: readonly number[]) => ids.map((id) => [id]);

Deno.test("a character whose bytes come one by one is held back until it is whole", async () => {
  const bytes = [...new TextEncoder().encode("a🙂é")];
  const byteLevel = await open(byteLevelTokenizer());
  assertEquals(pieces(byteLevel, oneByOne(bytes)), ["a", "", "", "", "🙂", "", "é", ""]);
  const fallback = await open(byteFallbackTokenizer());
  const ids = bytes.map((byte) => 3 + byte);
  assertEquals(pieces(fallback, oneByOne(ids)), ["a", "", "", "", "🙂", "", "é", ""]);
});

Deno.test("half a character at the end is given as U+FFFD when the text is over", async () => {
  const byteLevel = await open(byteLevelTokenizer());
  assertEquals(pieces(byteLevel, [[0x61, 0xf0, 0x9f]]), ["a", "\ufffd"]);
  assertEquals(pieces(byteLevel, [[0x61, 0xf0], [0x62]]), ["a", "\ufffdb", ""]);
});

Deno.test("byte fallback: half a character is given as a U+FFFD for each byte, as in the library", async () => {
  const fallback = await open(byteFallbackTokenizer());
  const [a, ...half] = [0x61, 0xf0, 0x9f, 0x99].map((byte) => 3 + byte);
  assertEquals(fallback.decode([a, ...half]), "a\ufffd\ufffd\ufffd");
  assertEquals(pieces(fallback, oneByOne([a, ...half])), ["a", "", "", "", "\ufffd\ufffd\ufffd"]);
  assertEquals(pieces(fallback, [[a, ...half], [a]]), ["a", "\ufffd\ufffd\ufffda", ""]);
});

Deno.test("bytes that can be no character do not dam up the text", async () => {
  const byteLevel = await open(byteLevelTokenizer());
  const decoder = byteLevel.streamDecoder();
  let given = 0;
  for (let count = 1; count <= 1000; count++) {
    given += decoder.push([0x80]).length;
    assertEquals(given, count - 1);
  }
  assertEquals(decoder.finish(), "\ufffd");
  const fallback = (await open(byteFallbackTokenizer())).streamDecoder();
  const bytes = Array<number>(1000).fill(3 + 0x80);
  assertEquals(fallback.push(bytes).length, 997);
});

Deno.test("the space in front is dropped once, not in every piece", async () => {
  const fallback = await open(byteFallbackTokenizer());
  assertEquals(pieces(fallback, oneByOne([262, 262, 259, 259, 260])), [
    "a",
    " a",
    " ",
    " ",
    "a",
    "",
  ]);
  const unigram = await open(unigramTokenizer());
  assertEquals(pieces(unigram, oneByOne([3, 3, 4, 3])), ["a", " a", "b", " a", ""]);
  const many = Array<number>(100).fill(3);
  assertEquals(pieces(unigram, oneByOne(many)).join(""), Array(100).fill("a").join(" "));
});

Deno.test("special and unknown tokens give nothing, wherever they stand", async () => {
  const byteLevel = await open(byteLevelTokenizer());
  const special = Array<number>(50).fill(258);
  const batches = [special, [0xf0, 0x9f], special, [0x99, 999_999, 0x82], special];
  assertEquals(pieces(byteLevel, batches).join(""), "🙂");
});

Deno.test("special tokens that are to be kept are spelled out", async () => {
  const byteLevel = await open(byteLevelTokenizer());
  const decoder = byteLevel.streamDecoder(["<|end|>", "<think>"]);
  assertEquals(decoder.push([258, 0x61, 259, 258]) + decoder.finish(), "<|end|>a<tool><|end|>");
  assertEquals(byteLevel.decode([258, 0x61, 259, 258]), "a<tool>");
});

Deno.test("after finish the decoder begins a new text", async () => {
  const unigram = await open(unigramTokenizer());
  const decoder = unigram.streamDecoder();
  assertEquals(decoder.push([3, 3]) + decoder.finish(), "a a");
  assertEquals(decoder.push([3, 3]) + decoder.finish(), "a a");
  assertEquals(decoder.finish(), "");
});

Deno.test("a text that another token makes shorter for a while gives nothing twice", () => {
  const texts = ["", "ab", "a", "abc"];
  const decoder = new StreamDecoder((ids) => texts[ids.length], () => true);
  assertEquals([1, 2, 3].map((id) => decoder.push([id])), ["ab", "", "c"]);
});

Deno.test("the number of tokens decoded per push does not grow with the text", () => {
  let largest = 0;
  const decode = (ids: readonly number[]) => {
    largest = Math.max(largest, ids.length);
    return ids.map((id) => String.fromCodePoint(id)).join("");
  };
  const decoder = new StreamDecoder(decode, () => true);
  for (let count = 0; count < 5000; count++) assertEquals(decoder.push([0x61]), "a");
  decoder.push(Array<number>(5000).fill(0x62));
  assert(largest <= 32, `${largest} tokens at once`);
});

/** Any ids below the size, bytes of characters among them, cut into batches anywhere. */
function anyBatches(size: number, bytesAt: number): fc.Arbitrary<number[][]> {
  const characters = fc.string({ unit: "binary", maxLength: 4 })
    .map((text) => [...new TextEncoder().encode(text)].map((byte) => byte + bytesAt));
  const single = fc.nat({ max: size - 1 }).map((id) => [id]);
  const ids = fc.array(bytesAt < 0 ? single : fc.oneof(single, characters), {
    maxLength: 60,
    size: "max",
  });
  return fc.tuple(ids, fc.array(fc.integer({ min: 0, max: 40 }))).map(([parts, sizes]) => {
    const all = parts.flat();
    const cut = sizes.map((length) => all.splice(0, length));
    return [...cut, ...oneByOne(all)];
  });
}

async function assertSameText(tokenizer: Tokenizer, size: number, bytesAt: number): Promise<void> {
  await fc.assert(
    fc.property(anyBatches(size, bytesAt), (batches) => {
      const parts = pieces(tokenizer, batches);
      assertEquals(parts.join(""), tokenizer.decode(batches.flat()));
      // Half a surrogate pair would be half a character.
      assert(parts.every((part) => part.isWellFormed()));
    }),
    { numRuns: 500 },
  );
}

Deno.test("byte-level: any tokens in any batches give the text of all at once", async () => {
  await assertSameText(await open(byteLevelTokenizer()), BYTE_LEVEL_SIZE, 0);
});

Deno.test("byte fallback: any tokens in any batches give the text of all at once", async () => {
  await assertSameText(await open(byteFallbackTokenizer()), BYTE_FALLBACK_SIZE, 3);
});

Deno.test("Unigram: any tokens in any batches give the text of all at once", async () => {
  await assertSameText(await open(unigramTokenizer()), UNIGRAM_SIZE, -1);
});

Deno.test("the demo tokenizer: any tokens in any batches give the text of all at once", async () => {
  await assertSameText(await Tokenizer.open(DEMO_FOLDER), 4096, -1);
});
