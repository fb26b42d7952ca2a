/**
 * The steps of a tokenizer.json, put together.
 *
 * They give the ids and texts that the tokenizers library of Hugging Face gives. Its JavaScript
 * edition does not: it ignores `single_word`, `lstrip` and `normalized` of added tokens, knows two of
 * the five ways to split at a string, and runs the patterns of strangers without any bound.
 */

import { type AddedToken, AddedTokenFinder } from "./added_tokens.ts";
import { BpeModel, type VocabularyModel } from "./bpe.ts";
import { createDecoder, type Decoder, marksEachByte } from "./decoders.ts";
import { createNormalizer, type Normalizer } from "./normalizers.ts";
import { createPreTokenizer, type PreTokenizer } from "./pre_tokenizers.ts";
import { type Surroundings, surroundingsOf } from "./post_processors.ts";
import type { Component } from "./components.ts";
import type { Piece } from "./pieces.ts";
import { UnigramModel } from "./unigram.ts";

/** What the pipeline takes from tokenizer.json; its shape has been checked. */
export interface PipelineFile {
  model: Component;
  normalizer: Component | null;
  pre_tokenizer: Component | null;
  post_processor: Component | null;
  decoder: Component | null;
}

/** Text to ids and back. */
export class Pipeline {
  readonly #model: VocabularyModel;
  readonly #normalize: Normalizer;
  readonly #preTokenize: PreTokenizer;
  readonly #surroundings: Surroundings;
  /** Whether half a character decodes to a U+FFFD for each of its bytes. */
  readonly marksEachByte: boolean;
  readonly #decode: Decoder;
  /** Added tokens that are looked for before and after the text is normalised. */
  readonly #finders: readonly [before: AddedTokenFinder, after: AddedTokenFinder];
  /** Tokens by their ids, with gaps where there are none. */
  readonly #tokens: (string | undefined)[] = [];
  readonly #ids = new Map<string, number>();

  /**
   * Throws an Error when a step is of an unknown type or lacks something.
   *
   * @param added of two with the same content the first one counts.
   */
  constructor(file: PipelineFile, added: readonly AddedToken[]) {
    this.#model = file.model.type === "Unigram"
      ? new UnigramModel(file.model)
      : new BpeModel(file.model);
    this.#normalize = createNormalizer(file.normalizer);
    this.#preTokenize = createPreTokenizer(file.pre_tokenizer);
    this.marksEachByte = marksEachByte(file.decoder);
    this.#decode = createDecoder(file.decoder);
    for (const [token, id] of this.#model.vocabulary) this.#tokens[id] = token;
    for (const { id, content, isNormalized } of added) {
      // As the library has it: what was found in the normalised text is given back as it was found.
      this.#tokens[id] = isNormalized ? this.#normalize(content) : content;
      if (!this.#ids.has(content)) this.#ids.set(content, id);
    }
    const specialFirst = added.toSorted((a, b) => Number(b.isSpecial) - Number(a.isSpecial));
    this.#finders = [
      new AddedTokenFinder(specialFirst.filter(({ isNormalized }) => !isNormalized)),
      new AddedTokenFinder(specialFirst.filter((token) => token.isNormalized), this.#normalize),
    ];
    this.#surroundings = surroundingsOf(file.post_processor, (token) => {
      const id = this.idOf(token);
      if (id === undefined) throw new MissingTokenError(token);
      return id;
    });
  }

  /**
   * Ids of a text; throws an Error when a step cannot go on.
   *
   * @param most where there are more ids, those behind may be left out.
   */
  encode(text: string, addSpecialTokens: boolean, most = Infinity): number[] {
    const ids: number[] = [];
    for (const part of this.#partsOf(text)) {
      if (typeof part === "number") ids.push(part);
      else this.#encodePiece(part, ids, most);
      if (ids.length > most) break;
    }
    if (!addSpecialTokens) return ids;
    return [...this.#surroundings.before, ...ids, ...this.#surroundings.after];
  }

  /** The added tokens of a text, and the normalised pieces between them. */
  *#partsOf(text: string): Iterable<number | Piece> {
    for (const found of this.#finders[0].split({ text, isFirst: true })) {
      if (typeof found === "number") yield found;
      else yield* this.#finders[1].split({ ...found, text: this.#normalize(found.text) });
    }
  }

  #encodePiece(whole: Piece, ids: number[], most: number): void {
    if (whole.text === "") return;
    for (const { text } of this.#preTokenize(whole)) {
      if (text === "") continue;
      for (const id of this.#model.idsOf(text, most - ids.length)) ids.push(id);
      if (ids.length > most) return;
    }
  }

  /** Text of ids; those that nothing is known of give none. */
  decode(ids: readonly number[]): string {
    const tokens = ids.map((id) => this.#tokens[id]).filter((token) => token !== undefined);
    return this.#decode(tokens).join("");
  }

  /** Id of a token as the vocabulary spells it. */
  idOf(token: string): number | undefined {
    return this.#ids.get(token) ?? this.#model.vocabulary.get(token);
  }

  /** The token with this id. */
  tokenOf(id: number): string | undefined {
    return this.#tokens[id];
  }
}

/** A rule names a token that has no id. */
export class MissingTokenError extends Error {
  /** The token. */
  readonly token: string;

  /** The error for the token. */
  constructor(token: string) {
    super(`no id for the token ${token}`);
    this.token = token;
  }
}
