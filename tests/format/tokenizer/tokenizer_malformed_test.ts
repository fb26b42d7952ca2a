/** Tokenizer files that are broken, or made to harm, are refused in one line. */
import { join } from "@std/path";
import { DataError } from "../../../src/format/errors.ts";
import { Tokenizer } from "../../../src/format/tokenizer/tokenizer.ts";
import { assertFails, type Contents, withFolder } from "../support.ts";
import { byteFallbackTokenizer, byteLevelTokenizer, unigramTokenizer } from "./tokenizers.ts";

/** The byte-level tokenizer with other top-level keys. */
function file(changes: Record<string, unknown>): Contents {
  return { ...byteLevelTokenizer(), ...changes };
}

/** The byte-level tokenizer with another model. */
function model(changes: Record<string, unknown>): Contents {
  const json = byteLevelTokenizer();
  return { ...json, model: { ...json.model as object, ...changes } };
}

/** The Unigram tokenizer with another model. */
function unigram(changes: Record<string, unknown>): Contents {
  const json = unigramTokenizer();
  return { ...json, model: { ...json.model as object, ...changes } };
}

/** Sequences inside one another. */
function nested(depth: number): unknown {
  return depth === 0 ? { type: "NFC" } : { type: "Sequence", normalizers: [nested(depth - 1)] };
}

/** A template that adds a token without an id. */
const LOST_TOKEN = {
  ...byteFallbackTokenizer().post_processor as object,
  single: [{ SpecialToken: { id: "<lost>", type_id: 0 } }],
};

const CUT = "; the file is cut off: get it again";
const UNWRITTEN = "; a part of the file was never written: get it again";
const ID = "an id from 0 to 4194304";

/** What is wrong, tokenizer.json, and the parts of the message in order after the file. */
const CASES: [string, Contents, string[]][] = [
  ["nothing in it", "", ["is not valid JSON: ", CUT]],
  ["half of it", '{"model":', ["is not valid JSON: ", CUT]],
  ["half of a token", '{"model": {"vocab": {"ab', ["is not valid JSON: ", CUT]],
  ["a token and no comma", '{"model": {"vocab": {"a": 1', ["is not valid JSON: ", CUT]],
  ["half of it, then zeros", `{"model":${"\0".repeat(9)}`, ["is not valid JSON: ", UNWRITTEN]],
  ["zeros", "\0".repeat(99), ["is not valid JSON: ", UNWRITTEN]],
  ["a list", "[]", ["found []", "a JSON object"]],
  ["no model", file({ model: undefined }), ['"model"', "found nothing", "an object"]],
  ["a model that is text", file({ model: "BPE" }), ['"model"', 'found "BPE"', "an object"]],
  ["an unknown model", model({ type: "WordPiece" }), ['"model.type"', '"WordPiece"', '"BPE"']],
  ["a model without type", model({ type: null, merges: null }), ['"model.type"', '"BPE"']],
  ["no vocabulary", model({ vocab: undefined }), ['"model.vocab"', "found nothing", "an object"]],
  ["an empty vocabulary", model({ vocab: {} }), ['"model.vocab"', "an object", "at least one"]],
  ["a list as vocabulary", model({ vocab: ["a"] }), ['"model.vocab"', 'found ["a"]', "an object"]],
  ["text as id", model({ vocab: { a: "0" } }), ['"model.vocab", entry "a"', 'found "0"', ID]],
  ["a property name as id", model({ vocab: { a: "__proto__" } }), ['entry "a"', ID]],
  ["a negative id", model({ vocab: { a: -1 } }), ['"model.vocab", entry "a"', "found -1", ID]],
  ["an enormous id", model({ vocab: { a: 2 ** 52 } }), ['entry "a"', "found 4503599627370496", ID]],
  ["no merges", model({ merges: undefined }), ['"model.merges"', "found nothing", "an array"]],
  ["a number as merge", model({ merges: ["a b", 7] }), ['"model.merges", entry 1', "found 7"]],
  ["mixed merges", model({ merges: [["a", "b"], "a b"] }), ["entry 1", 'found "a b"', "a pair"]],
  ["three parts in a merge", model({ merges: [["a", "b", "c"]] }), ["entry 0", "a pair"]],
  ["a number as unknown token", model({ unk_token: 3 }), ['"model.unk_token"', "found 3"]],
  ["an empty list of pieces", unigram({ vocab: [] }), ['"model.vocab"', "found []", "an array"]],
  ["a piece without score", unigram({ vocab: [["a"]] }), ["entry 0", 'found ["a"]', "score"]],
  ["a number as piece", unigram({ vocab: [[1, 2]] }), ["entry 0", "found [1, 2]", "a string"]],
  ["an unknown id outside", unigram({ unk_id: 5 }), ['"model.unk_id"', "found 5", "from 0 to 4"]],
  ["added tokens as object", file({ added_tokens: {} }), ['"added_tokens"', "an array"]],
  ["an added token without id", file({ added_tokens: [{ content: "x" }] }), [
    '"added_tokens", entry 0',
    "found an object",
    "an id",
  ]],
  ["an added token far away", file({ added_tokens: [{ id: 1e15, content: "x" }] }), ["entry 0"]],
  ["an added token that is null", file({ added_tokens: [null] }), ["entry 0", "found null"]],
  ["text as normalizer", file({ normalizer: "NFC" }), ['"normalizer"', 'found "NFC"', "an object"]],
  ["an unknown normalizer", file({ normalizer: { type: "Nonsense" } }), ["Nonsense"]],
  ["an unknown pre-tokenizer", file({ pre_tokenizer: { type: "constructor" } }), ["constructor"]],
  ["an unknown post-processor", file({ post_processor: {} }), ["cannot work with"]],
  ["a decoder that looks ahead", file({ decoder: { type: "CTC" } }), [
    '"decoder.type"',
    'found "CTC"',
    "one of ByteLevel",
  ]],
  [
    "such a decoder in a sequence",
    file({
      decoder: { type: "Sequence", decoders: [{ type: "Fuse" }, { type: "WordPiece" }] },
    }),
    ['"decoder.decoders[1].type"', 'found "WordPiece"', "one of ByteLevel"],
  ],
  ["steps that are no list", file({ normalizer: { type: "Sequence", normalizers: 3 } }), [
    '"normalizer.normalizers"',
    "found 3",
    "an array",
  ]],
  ["a step of length zero", file({ pre_tokenizer: { type: "FixedLength", length: 0 } }), [
    '"pre_tokenizer.length"',
    "found 0",
    "an integer from 1",
  ]],
  ["a step without length", file({ pre_tokenizer: { type: "FixedLength" } }), [
    '"pre_tokenizer.length"',
    "found nothing",
  ]],
  ["a split without pattern", file({ pre_tokenizer: { type: "Split" } }), [
    '"pre_tokenizer.pattern"',
    "found nothing",
    "String or Regex",
  ]],
  ["a pattern of another kind", file({ normalizer: { type: "Replace", pattern: { Glob: "*" } } }), [
    '"normalizer.pattern"',
    "found an object",
    "String or Regex",
  ]],
  [
    "a broken regular expression",
    file({
      pre_tokenizer: { type: "Split", pattern: { Regex: "(" }, behavior: "Isolated" },
    }),
    ["cannot work with", "expected a tokenizer"],
  ],
  ["a hundred sequences inside one another", file({ normalizer: nested(100) }), [
    "more than 8 sequences",
    "expected fewer",
  ]],
  ["a template with a token that is none", file({ post_processor: LOST_TOKEN }), [
    'no id for the token "<lost>"',
    "an id for every token",
  ]],
  ["a template without steps", file({ post_processor: { type: "TemplateProcessing" } }), [
    "cannot work with",
    "expected a tokenizer",
  ]],
];

for (const [fault, contents, parts] of CASES) {
  Deno.test(`tokenizer.json with ${fault} is refused in one line`, async () => {
    await withFolder({ "tokenizer.json": contents }, async (folder) => {
      const all = [join(folder, "tokenizer.json"), ...parts];
      await assertFails(() => Tokenizer.open(folder), DataError, all);
    });
  });
}

/** tokenizer_config.json, and the parts of the message in order after the file. */
const CONFIG_CASES: [Contents, string[]][] = [
  ["{", ["is not valid JSON: ", CUT]],
  ["\0\0", ["is not valid JSON: ", UNWRITTEN]],
  ["[]", ["found []", "a JSON object"]],
  [{ eos_token: 2 }, ['"eos_token"', "found 2", "a string or an object"]],
  [{ bos_token: { content: 7 } }, ['"bos_token"', "found an object", "a string or an object"]],
  [{ additional_special_tokens: "x" }, ['"additional_special_tokens"', 'found "x"', "an array"]],
  [{ additional_special_tokens: ["x", 1] }, ["entry 1", "found 1", "a string or an object"]],
  [{ chat_template: 5 }, ['"chat_template"', "found 5", "a string, or a list"]],
  [{ chat_template: [{ template: "" }] }, ['"chat_template"', "entry 0", "a string as name"]],
  [{ chat_template: [{ name: "default", template: 1 }] }, ['"chat_template"', "a string"]],
];

for (const [contents, parts] of CONFIG_CASES) {
  const shown = typeof contents === "string" ? contents : JSON.stringify(contents);
  Deno.test(`tokenizer_config.json with ${shown} is refused in one line`, async () => {
    const files = { "tokenizer.json": byteLevelTokenizer(), "tokenizer_config.json": contents };
    await withFolder(files, async (folder) => {
      const all = [join(folder, "tokenizer_config.json"), ...parts];
      await assertFails(() => Tokenizer.open(folder), DataError, all);
    });
  });
}

Deno.test("tokenizer files of ten gigabytes are refused unread", async () => {
  await withFolder({ "tokenizer.json": "", "tokenizer_config.json": "" }, async (folder) => {
    const size = 10 * 2 ** 30;
    const tokenizer = join(folder, "tokenizer.json");
    await Deno.truncate(tokenizer, size);
    const parts = [tokenizer, `found ${size} bytes`, "expected at most 268435456 bytes"];
    await assertFails(() => Tokenizer.open(folder), DataError, parts);

    await Deno.writeTextFile(tokenizer, JSON.stringify(byteLevelTokenizer()));
    const config = join(folder, "tokenizer_config.json");
    await Deno.truncate(config, size);
    const configParts = [config, `found ${size} bytes`, "expected at most 67108864 bytes"];
    await assertFails(() => Tokenizer.open(folder), DataError, configParts);
  });
});
