/** `tokenizer_config.json`: the names of the special tokens and the chat template. */

import { join } from "@std/path";
import { quote } from "./errors.ts";
import { Fields, isJsonObject, readJsonObjectIfThere } from "./json.ts";

/** What of tokenizer_config.json is used. */
export interface TokenizerConfig {
  /** Text of the token that begins a text. */
  bosToken: string | null;
  /** Text of the token that ends one. */
  eosToken: string | null;
  /** Every token the file names as special, those two included. */
  specialTokens: string[];
  /** Source of the default chat template. */
  chatTemplate: string | null;
}

/** Keys whose value is a special token. */
const SPECIAL_KEYS = ["bos_token", "eos_token", "unk_token", "pad_token"];

/**
 * Reads the file of a model folder; without it nothing is special and there is no template.
 *
 * @throws {NoInputError} when it is there but not readable.
 * @throws {DataError} when it is malformed.
 */
export async function readTokenizerConfig(folder: string): Promise<TokenizerConfig> {
  const file = join(folder, "tokenizer_config.json");
  const json = await readJsonObjectIfThere(file, "the tokenizer's configuration") ?? {};
  const fields = new Fields(json, file);
  const named = SPECIAL_KEYS.map((key) => readToken(fields, key));
  const additional = fields.value("additional_special_tokens") ?? [];
  if (!Array.isArray(additional)) {
    throw fields.fault("additional_special_tokens", "an array of tokens");
  }
  const others = additional.map((token, index) => {
    const content = contentOf(token);
    if (content !== null) return content;
    throw fields.entryFault("additional_special_tokens", index, token, TOKEN);
  });
  return {
    bosToken: named[0],
    eosToken: named[1],
    specialTokens: [...named.filter((token) => token !== null), ...others],
    chatTemplate: readChatTemplate(fields),
  };
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

/** The template, or the one named "default" where there are several. */
function readChatTemplate(fields: Fields): string | null {
  const value = fields.value("chat_template");
  if (value === undefined) return null;
  if (typeof value === "string") return value;
  const named: unknown[] = Array.isArray(value) ? value : [];
  const standard = named.find((entry) => isJsonObject(entry) && entry.name === "default");
  if (isJsonObject(standard) && typeof standard.template === "string") return standard.template;
  throw fields.fault(
    "chat_template",
    `a string, or a list with a template named ${quote("default")}`,
  );
}
