/** Text to token ids and back, by the rules of a model's `tokenizer.json`. */

import { Tokenizer as LibraryTokenizer } from "@huggingface/tokenizers";
import { join } from "@std/path";
import { DataError, malformed, quote } from "./errors.ts";
import { requireModelFolder } from "./files.ts";
import { readJsonObject } from "./json.ts";
import { StreamDecoder } from "./stream_decoder.ts";
import { readTokenizerConfig } from "./tokenizer_config.ts";
import { checkTokenizerJson, TOKENIZER_FILE_LIMIT, withAllKeys } from "./tokenizer_json.ts";

export { StreamDecoder } from "./stream_decoder.ts";

/**
 * A model's tokenizer.
 *
 * Its file is checked, but its patterns are run as they are: a folder made in bad faith can hold a
 * regular expression that takes very long for some texts.
 */
export class Tokenizer {
  /** Ids that steer the model and are never part of the text. */
  readonly specialIds: ReadonlySet<number>;
  /** How a text spells them. */
  readonly specialTokens: readonly string[];
  /** One more than the largest id. */
  readonly vocabSize: number;
  readonly #library: LibraryTokenizer;
  readonly #file: string;

  private constructor(
    library: LibraryTokenizer,
    file: string,
    vocabSize: number,
    specialIds: ReadonlySet<number>,
  ) {
    this.#library = library;
    this.#file = file;
    this.vocabSize = vocabSize;
    this.specialIds = specialIds;
    this.specialTokens = [...specialIds].map((id) => library.id_to_token(id))
      .filter((token) => token !== undefined);
  }

  /**
   * Opens the tokenizer of a model folder: tokenizer.json, and tokenizer_config.json if there.
   *
   * @throws {NoInputError} when the folder or tokenizer.json is missing or not readable.
   * @throws {DataError} when either file is malformed or asks for something unsupported.
   */
  static async open(folder: string): Promise<Tokenizer> {
    await requireModelFolder(folder);
    const file = join(folder, "tokenizer.json");
    const json = await readJsonObject(file, "the model's tokenizer", TOKENIZER_FILE_LIMIT);
    const { vocabSize, specialIds } = checkTokenizerJson(json, file);
    const { specialTokens } = await readTokenizerConfig(folder);
    const library = guard(file, () => new LibraryTokenizer(withAllKeys(json), {}));
    const named = specialTokens.map((token) => library.token_to_id(token))
      .filter((id) => id !== undefined);
    const tokenizer = new Tokenizer(library, file, vocabSize, new Set([...specialIds, ...named]));
    // Faults that show only at work show now, when the file can still be named as their cause.
    tokenizer.decode(tokenizer.encode("Text, 1 line\n"));
    return tokenizer;
  }

  /**
   * Token ids of a text. Special tokens that the text spells out become their ids; those that the
   * tokenizer puts around every text, such as a beginning-of-text id, are added unless
   * `addSpecialTokens` is false.
   *
   * @throws {DataError} when the tokenizer's rules give tokens that have no id.
   */
  encode(text: string, { addSpecialTokens = true }: { addSpecialTokens?: boolean } = {}): number[] {
    const { ids, tokens } = guard(
      this.#file,
      () => this.#library.encode(text, { add_special_tokens: addSpecialTokens }),
    );
    const lost = ids.findIndex((id) => !Number.isInteger(id));
    if (lost >= 0) {
      const found = `no id for the token ${quote(tokens[lost])}`;
      throw malformed({ file: this.#file, found, expected: "an id for every token" });
    }
    return ids;
  }

  /**
   * Text of token ids. Special tokens and ids that the tokenizer does not know give nothing: a
   * model may have more rows than its tokenizer has tokens. Spaces before punctuation stay as they
   * are, even where tokenizer_config.json asks for a clean-up: it would change what the model wrote.
   */
  decode(ids: readonly number[]): string {
    return this.#decodeText(ids.filter((id) => this.#isText(id)));
  }

  /** A decoder for one text that comes in pieces. */
  streamDecoder(): StreamDecoder {
    return new StreamDecoder((ids) => this.#decodeText(ids), (id) => this.#isText(id));
  }

  /** Id of a token as the vocabulary spells it, special tokens included. */
  idOf(token: string): number | undefined {
    return this.#library.token_to_id(token);
  }

  #isText(id: number): boolean {
    return !this.specialIds.has(id) && this.#library.id_to_token(id) !== undefined;
  }

  #decodeText(ids: readonly number[]): string {
    if (ids.length === 0) return "";
    return guard(
      this.#file,
      () => this.#library.decode([...ids], { clean_up_tokenization_spaces: false }),
    );
  }
}

/** Runs a piece of the library; what it throws comes from the file that it was given. */
function guard<T>(file: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new DataError(
      `${file}: found something the tokenizer library cannot work with (${problem}), ` +
        `expected a tokenizer of the Hugging Face format`,
      { cause: error },
    );
  }
}
