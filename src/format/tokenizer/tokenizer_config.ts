/** `tokenizer_config.json`: the names of the special tokens and the chat template. */

import { join } from "@std/path";
import { Fields, isJsonObject, readJsonObjectIfThere } from "../json.ts";
import { readAddedToken } from "./tokenizer_json.ts";
import type { AddedToken } from "./pipeline/added_tokens.ts";

/** What of tokenizer_config.json and special_tokens_map.json is used. */
export interface TokenizerConfig {
  /** Texts of the special tokens by their names, such as `bos_token`; only those that are named. */
  namedTokens: Readonly<Record<string, string>>;
  /** Every token the files name as special, those included. */
  specialTokens: string[];
  /** Tokens with ids of their own, which tokenizer.json may lack. */
  addedTokens: AddedToken[];
  /** Whether every text begins with `bos_token`; null where the post-processor decides. */
  addsBos: boolean | null;
  /** Whether every text ends with `eos_token`; null as above. */
  addsEos: boolean | null;
  /** Sources of the chat templates by their names; one that stands alone is named "default". */
  chatTemplates: ReadonlyMap<string, string>;
}

/** Keys whose value is a special token. */
const SPECIAL_KEYS = [
  "bos_token",
  "eos_token",
  "unk_token",
  "pad_token",
  "sep_token",
  "cls_token",
  "mask_token",
];

/**
 * The tokenizers of the Python library that ever read `add_bos_token` and `add_eos_token`; with the
 * others the post-processor decides, whatever the flags say. Without a class, the model's is taken.
 */
const ENDS_BY_FLAGS = /^(Code)?(Llama|Gemma|Cohere)/;

/**
 * Reads the files of a model folder; without them nothing is special and there is no template. A
 * configuration without `added_tokens_decoder` comes from a time when special_tokens_map.json was
 * the one that counted.
 *
 * @throws {NoInputError} when one is there but not readable.
 * @throws {DataError} when one is malformed.
 */
export async function readTokenizerConfig(folder: string): Promise<TokenizerConfig> {
  const file = join(folder, "tokenizer_config.json");
  const json = await readJsonObjectIfThere(file, "the tokenizer's configuration") ?? {};
  const fields = new Fields(json, file);
  const sources = [fields];
  if (fields.value("added_tokens_decoder") === undefined) {
    const mapFile = join(folder, "special_tokens_map.json");
    const map = await readJsonObjectIfThere(mapFile, "the names of the special tokens");
    if (map !== null) sources.unshift(new Fields(map, mapFile));
  }
  const namedTokens: Record<string, string> = {};
  for (const key of SPECIAL_KEYS) {
    const token = sources.map((source) => readToken(source, key)).find((text) => text !== null);
    if (typeof token === "string") namedTokens[key] = token;
  }
  const readsFlags = ENDS_BY_FLAGS.test(fields.text("tokenizer_class") ?? "Llama");
  const addsToken = (key: string) =>
    fields.keys().includes(key) && readsFlags ? fields.boolean(key, false) : null;
  const [addsBos, addsEos] = [addsToken("add_bos_token"), addsToken("add_eos_token")];
  return {
    namedTokens,
    specialTokens: [
      ...Object.values(namedTokens),
      ...sources.flatMap((source) => readTokens(source, "additional_special_tokens")),
      ...sources.flatMap((source) => readTokens(source, "extra_special_tokens")),
    ],
    addedTokens: readAddedTokens(fields),
    addsBos: addsBos ?? (addsEos === null ? null : false),
    addsEos: addsEos ?? (addsBos === null ? null : false),
    chatTemplates: readChatTemplates(fields),
  };
}

/** A list of tokens, or an object of named ones, as some models have in its place. */
function readTokens(fields: Fields, key: string): string[] {
  const value = fields.value(key) ?? [];
  if (isJsonObject(value) && key === "extra_special_tokens") {
    return Object.values(value).map(contentOf).filter((content) => content !== null);
  }
  if (!Array.isArray(value)) throw fields.fault(key, "an array of tokens");
  return value.map((token, index) => {
    const content = contentOf(token);
    if (content !== null) return content;
    throw fields.entryFault(key, index, token, TOKEN);
  });
}

function readAddedTokens(fields: Fields): AddedToken[] {
  const value = fields.value("added_tokens_decoder") ?? {};
  if (!isJsonObject(value)) throw fields.fault("added_tokens_decoder", "an object of tokens by id");
  return Object.entries(value).map(([id, token]) => {
    const read = isJsonObject(token) ? readAddedToken(token, Number(id)) : null;
    if (read !== null) return read;
    throw fields.entryFault("added_tokens_decoder", id, token, "an id and an object with content");
  });
}

const TOKEN = "a string or an object with a string as content";

/** A special token, written as its text or as an object that holds it. */
function readToken(fields: Fields, key: string): string | null {
  const value = fields.value(key);
  if (value === undefined) return null;
  const content = contentOf(value);
  if (content === null) throw fields.fault(key, TOKEN);
  return content;
}

function contentOf(token: unknown): string | null {
  const content = isJsonObject(token) ? token.content : token;
  return typeof content === "string" ? content : null;
}

/** The templates by name: a text is the one named "default", or a list has several. */
function readChatTemplates(fields: Fields): Map<string, string> {
  const value = fields.value("chat_template") ?? [];
  if (typeof value === "string") return new Map([["default", value]]);
  if (!Array.isArray(value)) {
    throw fields.fault("chat_template", "a string, or a list of templates with names");
  }
  return new Map(value.map((entry, index) => {
    const { name, template } = isJsonObject(entry) ? entry : {};
    if (typeof name === "string" && typeof template === "string") return [name, template];
    const expected = "an object with a string as name and one as template";
    throw fields.entryFault("chat_template", index, entry, expected);
  }));
}
