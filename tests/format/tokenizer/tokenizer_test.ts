/** Text to ids and back: against ids made by another implementation, and by the rules of each kind. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { NoInputError } from "../../../src/format/errors.ts";
import { Tokenizer } from "../../../src/format/tokenizer/tokenizer.ts";
import { assertFails, type Contents, DEMO_FOLDER, withFolder } from "../support.ts";
import {
  BYTE_FALLBACK_SIZE,
  BYTE_LEVEL_SIZE,
  byteFallbackTokenizer,
  byteLevelTokenizer,
  type TokenizerJson,
  UNIGRAM_SIZE,
  unigramTokenizer,
} from "./tokenizers.ts";

interface Golden {
  cases: { prompt: string; prompt_ids: number[] }[];
}

/** Opens a tokenizer from its JSON, with a tokenizer_config.json if given. */
async function open(json: TokenizerJson, config?: Record<string, unknown>): Promise<Tokenizer> {
  const files: Record<string, Contents> = { "tokenizer.json": json };
  if (config) files["tokenizer_config.json"] = config;
  return await withFolder(files, (folder) => Tokenizer.open(folder));
}

Deno.test("the demo tokenizer gives the ids that another implementation gives", async () => {
  const path = fromFileUrl(new URL("../../golden/demo_model.json", import.meta.url));
  const { cases }: Golden = JSON.parse(await Deno.readTextFile(path));
  const tokenizer = await Tokenizer.open(DEMO_FOLDER);
  assertEquals(cases.length, 23);
  for (const { prompt, prompt_ids } of cases) {
    assertEquals(tokenizer.encode(prompt), prompt_ids);
    assertEquals(tokenizer.encode(prompt, { addSpecialTokens: false }), prompt_ids);
  }
});

Deno.test("the demo tokenizer gives any text back as it was", async () => {
  const tokenizer = await Tokenizer.open(DEMO_FOLDER);
  const texts = [
    "",
    " ",
    "  two  spaces ",
    "line\n\n\tbreaks\r\n",
    "don't , stop .",
    "1234567",
    "naïve 日本語 🙂👩‍👩‍👧 \u0000 \ufeff \ufffd",
    "a".repeat(5000),
    "<|end",
    "__proto__ constructor",
  ];
  for (const text of texts) assertEquals(tokenizer.decode(tokenizer.encode(text)), text);
});

Deno.test("special tokens have their ids in the text and give no text", async () => {
  const tokenizer = await Tokenizer.open(DEMO_FOLDER);
  assertEquals(tokenizer.vocabSize, 4096);
  assertEquals([...tokenizer.specialIds].sort(), [0, 1, 2, 3, 4]);
  assertEquals(tokenizer.idOf("<|end|>"), 4);
  assertEquals(tokenizer.idOf("<|nothing|>"), undefined);
  assertEquals(tokenizer.idOf("toString"), undefined);
  const ids = tokenizer.encode("<|user|>\nHello<|end|>");
  assertEquals([ids[0], ids.at(-1)], [2, 4]);
  assertEquals(tokenizer.decode(ids), "\nHello");
  assertEquals(tokenizer.decode([0, 4]), "");
});

Deno.test("where few ids are enough, a long text is encoded no further than it takes to have them", async () => {
  const small = [byteLevelTokenizer(), byteFallbackTokenizer(), unigramTokenizer()];
  const tokenizers = [
    await Tokenizer.open(DEMO_FOLDER),
    ...await Promise.all(small.map((json) => open(json))),
  ];
  for (const tokenizer of tokenizers) {
    const text = "ab aab <|end|> ".repeat(4000);
    const whole = tokenizer.encode(text);
    for (const most of [0, 10, 1000]) {
      const ids = tokenizer.encode(text, { most });
      assert(ids.length > most && ids.length < most + 10, `${ids.length} ids for ${most}`);
      assertEquals(ids, whole.slice(0, ids.length));
    }
    assertEquals(tokenizer.encode(text, { most: whole.length }), whole);
  }
});

Deno.test("ids that the tokenizer does not know give no text", async () => {
  for (const json of [byteLevelTokenizer(), byteFallbackTokenizer(), unigramTokenizer()]) {
    const tokenizer = await open(json);
    assertEquals(tokenizer.decode([100_000, -1, 1.5, NaN]), "");
  }
});

Deno.test("a byte-level tokenizer merges by rank and keeps text tokens that were added", async () => {
  const tokenizer = await open(byteLevelTokenizer());
  const byte = (character: string) => character.charCodeAt(0);
  assertEquals(tokenizer.vocabSize, BYTE_LEVEL_SIZE);
  assertEquals(tokenizer.encode("hello"), [257, byte("l"), byte("o")]);
  assertEquals(tokenizer.encode("é"), [0xc3, 0xa9]);
  assertEquals(tokenizer.encode("he<tool>"), [256, 259]);
  assertEquals(tokenizer.decode([256, 259, 258]), "he<tool>");
});

Deno.test("a SentencePiece-like tokenizer adds its begin and falls back to bytes", async () => {
  const tokenizer = await open(byteFallbackTokenizer());
  assertEquals(tokenizer.vocabSize, BYTE_FALLBACK_SIZE);
  assertEquals(tokenizer.encode("a b"), [1, 262, 259, 261]);
  assertEquals(tokenizer.encode("a b", { addSpecialTokens: false }), [262, 259, 261]);
  assertEquals(tokenizer.encode("é", { addSpecialTokens: false }), [259, 3 + 0xc3, 3 + 0xa9]);
  assertEquals(tokenizer.decode([1, 262, 259, 261]), "a b");
  assertEquals(tokenizer.decode([262, 3 + 0xf0, 3 + 0x9f, 3 + 0x99, 3 + 0x82]), "a🙂");
});

Deno.test("a Unigram tokenizer takes the most probable pieces", async () => {
  const tokenizer = await open(unigramTokenizer());
  assertEquals(tokenizer.vocabSize, UNIGRAM_SIZE);
  assertEquals(tokenizer.encode("a ab"), [3, 3, 4]);
  assertEquals(tokenizer.decode([3, 3, 4]), "a ab");
  // An unknown character and a probable token are better than an improbable one and an unknown character.
  const vocab = [["<unk>", 0], ["ab", -5], ["bc", -1]];
  const other = await open({ model: { type: "Unigram", unk_id: 0, vocab } });
  assertEquals(other.encode("abcab"), [0, 2, 1]);
});

Deno.test("unknown characters in a row are one token only where the file says so", async () => {
  for (const [fuse_unk, ids] of [[false, [1, 0, 0, 1]], [true, [1, 0, 1]]]) {
    const vocab = { "<unk>": 0, a: 1 };
    const model = { type: "BPE", vocab, merges: [], unk_token: "<unk>", fuse_unk };
    assertEquals((await open({ model })).encode("azza"), ids);
  }
});

Deno.test("tokens that only tokenizer_config.json calls special are special too", async () => {
  const tokenizer = await open(byteLevelTokenizer(), {
    bos_token: { content: "<tool>", lstrip: false },
    eos_token: "<|end|>",
    additional_special_tokens: ["hel", { content: "not in the vocabulary" }],
  });
  assertEquals([...tokenizer.specialIds].sort(), [257, 258, 259]);
});

Deno.test("spaces before punctuation stay, whatever the configuration asks for", async () => {
  const tokenizer = await open(byteLevelTokenizer(), { clean_up_tokenization_spaces: true });
  assertEquals(tokenizer.decode(tokenizer.encode("one , two .")), "one , two .");
});

Deno.test("a folder without tokenizer.json gives a NoInputError", async () => {
  await withFolder({}, async (folder) => {
    const path = join(folder, "tokenizer.json");
    await assertFails(() => Tokenizer.open(folder), NoInputError, [path, "no such file"]);
    const missing = join(folder, "missing");
    await assertFails(() => Tokenizer.open(missing), NoInputError, [missing, "no such folder"]);
    await Deno.writeTextFile(path, JSON.stringify(unigramTokenizer()));
    assert(await Tokenizer.open(folder) instanceof Tokenizer, "tokenizer_config.json is optional");
  });
});
