/** Text to token ids and back, by the rules of a model's `tokenizer.json`. */

import { join } from "@std/path";
import { blamingFile, type Fault, quote } from "../errors.ts";
import { requireModelFolder } from "../files.ts";
import { readJsonObject } from "../json.ts";
import { StreamDecoder } from "./stream_decoder.ts";
import { readTokenizerConfig, type TokenizerConfig } from "./tokenizer_config.ts";
import { checkTokenizerJson, pipelineFile, TOKENIZER_FILE_LIMIT } from "./tokenizer_json.ts";
import type { AddedToken } from "./pipeline/added_tokens.ts";
import { MissingTokenError, Pipeline, type PipelineFile } from "./pipeline/pipeline.ts";

export { StreamDecoder } from "./stream_decoder.ts";

/** How a text becomes ids. */
export interface EncodeOptions {
  /** Whether the tokens come that stand around every text; true if left out. */
  addSpecialTokens?: boolean;
  /** Ids that are enough; all are wanted if left out. */
  most?: number | undefined;
}

/**
 * A model's tokenizer. Its ids and texts are those of the tokenizers library of Hugging Face, and
 * what a file made in bad faith may take is bounded: see `Pipeline`.
 */
export class Tokenizer {
  /** Ids that steer the model and are never part of the text. */
  readonly specialIds: ReadonlySet<number>;
  /** How a text spells them. */
  readonly specialTokens: readonly string[];
  /** The id that ends a text by the tokenizer's own configuration; null where it names none. */
  readonly eosTokenId: number | null;
  /** One more than the largest id. */
  readonly vocabSize: number;
  readonly #pipeline: Pipeline;
  readonly #file: string;

  private constructor(
    pipeline: Pipeline,
    file: string,
    vocabSize: number,
    specialIds: ReadonlySet<number>,
    eosToken: string | undefined,
  ) {
    this.#pipeline = pipeline;
    this.#file = file;
    this.vocabSize = vocabSize;
    this.specialIds = specialIds;
    this.eosTokenId = eosToken === undefined ? null : pipeline.idOf(eosToken) ?? null;
    this.specialTokens = [...specialIds].map((id) => pipeline.tokenOf(id))
      .filter((token) => token !== undefined);
  }

  /**
   * Opens the tokenizer of a model folder: tokenizer.json, and tokenizer_config.json and
   * special_tokens_map.json where they are there.
   *
   * @throws {NoInputError} when the folder or tokenizer.json is missing or not readable.
   * @throws {DataError} when a file is malformed or asks for something unsupported.
   */
  static async open(folder: string): Promise<Tokenizer> {
    await requireModelFolder(folder);
    const file = join(folder, "tokenizer.json");
    const json = await readJsonObject(file, "the model's tokenizer", TOKENIZER_FILE_LIMIT);
    const { vocabSize, addedTokens } = checkTokenizerJson(json, file);
    const config = await readTokenizerConfig(folder);
    const steps = pipelineFile(json);
    const added = completed(addedTokens, config, steps);
    const pipeline = blamingFile(
      pipelineFault(file),
      () => new Pipeline(withEnds(steps, config), added),
    );
    const named = config.specialTokens.map((token) => pipeline.idOf(token))
      .filter((id) => id !== undefined);
    const specialIds = added.filter(({ isSpecial }) => isSpecial).map(({ id }) => id);
    const size = added.reduce((largest, { id }) => Math.max(largest, id + 1), vocabSize);
    const tokenizer = new Tokenizer(
      pipeline,
      file,
      size,
      new Set([...specialIds, ...named]),
      config.namedTokens.eos_token,
    );
    // Faults that show only at work show now, when the file can still be named as their cause.
    tokenizer.decode(tokenizer.encode("Text, 1 line\n"));
    return tokenizer;
  }

  /**
   * Token ids of a text. Special tokens that the text spells out become their ids; those that the
   * tokenizer puts around every text, such as a beginning-of-text id, are added unless
   * `addSpecialTokens` is false. Where there are more than `most` ids, those behind may be left out:
   * so it is soon known that a text has too many.
   *
   * @throws {DataError} when the tokenizer's rules give tokens that have no id.
   */
  encode(text: string, { addSpecialTokens = true, most }: EncodeOptions = {}): number[] {
    return blamingFile(
      pipelineFault(this.#file),
      () => this.#pipeline.encode(text, addSpecialTokens, most),
    );
  }

  /**
   * Text of token ids. Special tokens and ids that the tokenizer does not know give nothing: a
   * model may have more rows than its tokenizer has tokens. Spaces before punctuation stay as they
   * are, even where tokenizer_config.json asks for a clean-up: it would change what the model wrote.
   */
  decode(ids: readonly number[]): string {
    return this.#decodeText(ids.filter((id) => this.#isText(id)));
  }

  /**
   * A decoder for one text that comes in pieces.
   *
   * @param kept special tokens that are part of the text all the same.
   */
  streamDecoder(kept: readonly string[] = []): StreamDecoder {
    const keptIds = new Set(kept.map((token) => this.#pipeline.idOf(token)));
    const isText = (id: number) => keptIds.has(id) || this.#isText(id);
    const decode = (ids: readonly number[]) => this.#decodeText(ids);
    return new StreamDecoder(decode, isText, this.#pipeline.marksEachByte);
  }

  /** Id of a token as the vocabulary spells it, special tokens included. */
  idOf(token: string): number | undefined {
    return this.#pipeline.idOf(token);
  }

  /** Spelling of a token that steers the model, which {@linkcode decode} leaves out. */
  specialTokenOf(id: number): string | undefined {
    return this.specialIds.has(id) ? this.#pipeline.tokenOf(id) : undefined;
  }

  #isText(id: number): boolean {
    return !this.specialIds.has(id) && this.#pipeline.tokenOf(id) !== undefined;
  }

  #decodeText(ids: readonly number[]): string {
    return ids.length === 0
      ? ""
      : blamingFile(pipelineFault(this.#file), () => this.#pipeline.decode(ids));
  }
}

/**
 * The added tokens of tokenizer.json, with the vocabulary's ids where it knows them, and those that
 * only the configuration has: with the ids that it gives them, or as special tokens of the
 * vocabulary. A token that has no id anywhere has no row in any model either, and stays text.
 */
function completed(
  addedTokens: readonly AddedToken[],
  config: TokenizerConfig,
  { model }: PipelineFile,
): AddedToken[] {
  const all = new Map<string, AddedToken>();
  const idOf = vocabularyOf(model);
  const add = (token: AddedToken) => {
    if (all.has(token.content)) return;
    all.set(token.content, { ...token, id: idOf(token.content) ?? token.id });
  };
  for (const token of addedTokens) add(token);
  for (const token of config.addedTokens) add(token);
  for (const content of config.specialTokens) {
    const id = idOf(content);
    if (id !== undefined) add({ ...SPECIAL, id, content });
  }
  return [...all.values()];
}

/** What a special token is like where only its text is known. */
const SPECIAL = {
  isSpecial: true,
  isSingleWord: false,
  stripsLeft: false,
  stripsRight: false,
  isNormalized: false,
};

function vocabularyOf({ vocab }: PipelineFile["model"]): (token: string) => number | undefined {
  if (!Array.isArray(vocab)) {
    const ids = vocab as Record<string, number>;
    return (token) => Object.hasOwn(ids, token) ? ids[token] : undefined;
  }
  return (token) => {
    const id = vocab.findLastIndex(([known]) => known === token);
    return id < 0 ? undefined : id;
  };
}

/** The steps, with what `add_bos_token` and `add_eos_token` put in the post-processor's place. */
function withEnds(steps: PipelineFile, config: TokenizerConfig): PipelineFile {
  const { addsBos, addsEos, namedTokens: { bos_token: bos, eos_token: eos } } = config;
  if (addsBos === null && addsEos === null) return steps;
  const special = (token: string) => ({ SpecialToken: { id: token } });
  const single = [
    ...addsBos && bos !== undefined ? [special(bos)] : [],
    { Sequence: { id: "A" } },
    ...addsEos && eos !== undefined ? [special(eos)] : [],
  ];
  return { ...steps, post_processor: { type: "TemplateProcessing", single } };
}

/** What a piece of the pipeline throws comes from the file that it was made from. */
function pipelineFault(file: string): (problem: string, error: unknown) => Fault {
  return (problem, error) =>
    error instanceof MissingTokenError
      ? {
        file,
        found: `no id for the token ${quote(error.token)}`,
        expected: "an id for every token",
      }
      : {
        file,
        found: `something that foretoken cannot work with (${problem})`,
        expected: "a tokenizer of the Hugging Face format",
      };
}
