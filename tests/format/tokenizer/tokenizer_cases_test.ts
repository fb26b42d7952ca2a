/** Ids and texts that the tokenizers library of Python gives, for many kinds of tokenizers. */
import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { DataError } from "../../../src/format/errors.ts";
import { Tokenizer } from "../../../src/format/tokenizer/tokenizer.ts";
import { assertFails, type Contents, DEMO_FOLDER, withFolder } from "../support.ts";
import { byteLevelTokenizer, type TokenizerJson } from "./tokenizers.ts";

/** A tokenizer as it differs from the demo model's, or from one whose model is given. */
interface Case {
  name: string;
  vocabulary?: string;
  /** Added tokens beside the demo model's. */
  added?: unknown[];
  changes: TokenizerJson;
  model: TokenizerJson;
  /** Texts, their ids, and the text of the ids where it was asked for. */
  cases: [text: string, ids: number[], decoded?: string][];
}

const golden: { models: Record<string, TokenizerJson>; tokenizers: Case[] } = JSON.parse(
  await Deno.readTextFile(fromFileUrl(new URL("../../golden/tokenizers.json", import.meta.url))),
);
const demo = JSON.parse(await Deno.readTextFile(join(DEMO_FOLDER, "tokenizer.json")));

function fileOf({ vocabulary, added = [], changes, model }: Case): TokenizerJson {
  const ownModel = vocabulary === undefined ? demo.model : golden.models[vocabulary];
  return {
    ...demo,
    added_tokens: [...demo.added_tokens, ...added],
    ...changes,
    model: { ...ownModel, ...model },
  };
}

for (const tokenizer of golden.tokenizers) {
  Deno.test(`ids and texts as Python has them: ${tokenizer.name}`, async () => {
    await withFolder({ "tokenizer.json": fileOf(tokenizer) }, async (folder) => {
      const opened = await Tokenizer.open(folder);
      for (const [text, ids, decoded] of tokenizer.cases) {
        assertEquals(opened.encode(text), ids, JSON.stringify(text));
        if (decoded !== undefined) assertEquals(opened.decode(ids), decoded);
      }
    });
  });
}

/** Opens the byte-level tokenizer with these files beside it. */
async function openWith(files: Record<string, Contents>, changes = {}): Promise<Tokenizer> {
  const json = { ...byteLevelTokenizer(), ...changes };
  const all = { "tokenizer.json": json, ...files };
  return await withFolder(all, (folder) => Tokenizer.open(folder));
}

const BEGIN = {
  type: "TemplateProcessing",
  single: [{ SpecialToken: { id: "<tool>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
  special_tokens: { "<tool>": { id: "<tool>", ids: [259], tokens: ["<tool>"] } },
};

Deno.test("add_bos_token and add_eos_token stand in the post-processor's place", async () => {
  const tokens = { bos_token: "<tool>", eos_token: "<|end|>" };
  const ids = async (config: object, changes = {}) => {
    const files = { "tokenizer_config.json": { ...tokens, ...config } };
    return (await openWith(files, changes)).encode("he");
  };
  assertEquals(await ids({}), [256]);
  assertEquals(await ids({ add_bos_token: true }), [259, 256]);
  assertEquals(await ids({ add_eos_token: true }), [256, 258]);
  assertEquals(await ids({}, { post_processor: BEGIN }), [259, 256]);
  assertEquals(await ids({ add_bos_token: false }, { post_processor: BEGIN }), [256]);
});

Deno.test("the post-processor decides where the tokenizer's class does not read add_bos_token", async () => {
  const ids = async (tokenizer_class: string, add_bos_token: boolean, changes = {}) => {
    const config = { bos_token: "<tool>", tokenizer_class, add_bos_token };
    return (await openWith({ "tokenizer_config.json": config }, changes)).encode("he");
  };
  assertEquals(await ids("PreTrainedTokenizerFast", false, { post_processor: BEGIN }), [259, 256]);
  assertEquals(await ids("Qwen2Tokenizer", true), [256]);
  assertEquals(await ids("LlamaTokenizerFast", false, { post_processor: BEGIN }), [256]);
  assertEquals(await ids("GemmaTokenizer", true), [259, 256]);
});

Deno.test("tokens of added_tokens_decoder are found, and keep their ids", async () => {
  const tokenizer = await openWith({
    "tokenizer_config.json": {
      added_tokens_decoder: {
        "258": { content: "<|end|>", special: true },
        "300": { content: "<extra>", lstrip: true, normalized: false, special: true },
      },
    },
  });
  assertEquals(tokenizer.encode("he  <extra>he"), [256, 300, 256]);
  assertEquals([tokenizer.vocabSize, tokenizer.specialIds.has(300)], [301, true]);
});

Deno.test("the tokenizer knows the token that ends a text, if its configuration names one", async () => {
  const end = async (config: object) =>
    (await openWith({ "tokenizer_config.json": { ...config } })).eosTokenId;
  assertEquals(await end({ eos_token: "<|end|>" }), 258);
  assertEquals(await end({ eos_token: "<nowhere>" }), null);
  assertEquals(await end({}), null);
});

Deno.test("special_tokens_map.json names special tokens where nothing newer does", async () => {
  const map = { "special_tokens_map.json": { eos_token: { content: "hel" } } };
  const old = await openWith(map);
  assertEquals([old.specialIds.has(257), old.encode("hel")], [true, [257]]);
  const config = { "tokenizer_config.json": { added_tokens_decoder: {} } };
  assertEquals((await openWith({ ...map, ...config })).specialIds.has(257), false);
});

Deno.test("steps made in bad faith are stopped", async () => {
  const grow = { type: "Replace", pattern: { String: "" }, content: "ab" };
  const decoders = [...Array(60).fill(grow)];
  const open = (changes: object) => () => openWith({}, changes);
  const growing = [
    { decoder: { type: "Sequence", decoders } },
    { normalizer: { type: "Sequence", normalizers: decoders } },
  ];
  for (const changes of growing) await assertFails(open(changes), DataError, ["texts too long"]);
  const pattern = { Regex: "(a+)+$" };
  const tokenizer = await openWith({}, {
    pre_tokenizer: { type: "Split", pattern, behavior: "Isolated", invert: false },
  });
  await assertFails(
    // deno-lint-ignore require-await
    async () => tokenizer.encode("a".repeat(60) + "!"),
    DataError,
    ["tokenizer.json", "too many steps"],
  );
});
