/** From a decoder of ids to a stream of text that ends at stop strings. */

import type { Decoder, DecodeRequest, DecodeResult } from "../../decode/types.ts";
import type { RenderOptions } from "../../format/chat/chat_template.ts";
import type { PrefillOptions } from "../../decode/prefill.ts";
import type { ChatMessage } from "../../format/chat/messages.ts";
import { type ThinkingMarks, tokensOfMarks } from "../../format/chat/thinking.ts";
import { processorSeconds } from "../../gpu/processor_clock.ts";
import type { DraftSettings } from "../../format/settings/draft_settings.ts";
import { NoNumberError } from "../../decode/faults.ts";
import { DataError } from "../../format/errors.ts";
import type { EncodeOptions } from "../../format/tokenizer/tokenizer.ts";
import type { PlainReference } from "../audit/plain_reference.ts";
import type { Drafting } from "../drafting/drafting.ts";
import { type StreamDecoder, TextAssembler, type TextSpan } from "./stream/assembler.ts";
import { count } from "./count.ts";
import type { GenerationDefaults } from "./generation_defaults.ts";
import type { PromptCache } from "./prompts/prompt_cache.ts";
import { ThinkingLabels } from "./stream/thinking_labels.ts";

/** What text generation needs of a tokenizer. */
export interface TextTokenizer {
  /** Spellings of the tokens that steer the model. */
  readonly specialTokens: readonly string[];
  /** Spelling of a token that steers the model, which no text shows. */
  specialTokenOf(id: number): string | undefined;
  /**
   * Ids of a text; special tokens are added around it only if asked for. Where there are more than `most`, those
   * behind may be left out.
   */
  encode(text: string, options?: EncodeOptions): number[];
  /** A decoder for one text, which spells out the special tokens that are to be kept. */
  streamDecoder(kept?: readonly string[]): StreamDecoder;
}

/** What chatting needs of a chat template. */
export interface TextTemplate {
  /** Whether it can be told to let the model think or not. */
  readonly switchesThinking: boolean;
  /** Throws a DataError when it is no template: before anything else is asked of it. */
  requireValid(): void;
  /** The prompt that stands for the messages. */
  render(messages: readonly ChatMessage[], options: RenderOptions): string;
}

/** A model as the commands see it: text in, text out. */
export interface TextModel {
  /** Name for people, such as the folder's. */
  readonly name: string;
  /** Text to ids and back. */
  readonly tokenizer: TextTokenizer;
  /** Null for a model that was not made for chatting. */
  readonly template: TextTemplate | null;
  /** Ids that end the text. */
  readonly eosTokenIds: readonly number[];
  /** Most positions that it can be opened with; those of the decoder if left out. */
  readonly longestContext?: number;
  /** How its authors would have tokens chosen. */
  readonly generationDefaults: GenerationDefaults;
  /** Continues ids; another one after {@linkcode draftBy}. */
  readonly decoder: Decoder;
  /** Whether the device is the processor, whose time tells speeds while other work is done beside it. */
  readonly isSoftware?: boolean;
  /** How the decoder drafts. */
  readonly drafting: Drafting;
  /** Changes how it drafts. It stays as it was if that fails. */
  draftBy(wanted: Partial<DraftSettings>): Promise<void>;
  /** Keeps what the decoder has in its cache. */
  readonly promptCache: PromptCache;
  /**
   * Looks at every weight, after the model gave no numbers.
   *
   * @throws DataError that names the first tensor with a number that is NaN or infinite.
   */
  requireFiniteWeights(): Promise<void>;
  /** Opens what drafted texts are compared with. */
  openReference(): PlainReference;
  /**
   * Logits [vocabulary] of the token after each position of a text, from `from` on, as decoding had
   * them before any setting; those of the first positions if the signal is aborted.
   */
  textLogits(
    ids: readonly number[],
    from: number,
    options?: PrefillOptions,
  ): AsyncIterable<Float32Array>;
}

/** What text generation itself needs of a model. */
export type TextGenerator =
  & Pick<TextModel, "name" | "tokenizer" | "eosTokenIds" | "decoder">
  & Partial<Pick<TextModel, "requireFiniteWeights">>;

/** One prompt to continue as text. */
export interface TextRequest extends Omit<DecodeRequest, "eosTokenIds"> {
  /**
   * The text ends before the first of these; none is empty. One that is a special token ends it where
   * the model chooses that token.
   */
  stop: readonly string[];
  /** The marks of the thinking that the prompt has begun and the text goes on with. */
  opened?: ThinkingMarks | null | undefined;
}

/** Why a text ended: an end-of-text id, a stop string, `maxTokens`, a full context, or the signal. */
export type TextFinishReason = "eos" | "stop" | "length" | "context" | "aborted";

/** The whole of a text, with what it cost. */
export interface TextResult extends Omit<DecodeResult, "finishReason"> {
  finishReason: TextFinishReason;
  /** The stop string that ended the text, if one did. */
  stop: string | null;
  /** The text without the stop string or end-of-text token that ended it. */
  text: string;
  /** What of it the model thought before it answered, without the marks; null if it did not. */
  thinking: string | null;
  /** What of it is the answer. */
  answer: string;
  /** The speed once it runs; null if all ids were read back at once. */
  pace: Pace | null;
}

/**
 * Ids that were read back after the first batch, and the seconds between the first batch and the
 * last: without the work that is done once, such as the driver's compiling of kernels.
 */
export interface Pace {
  tokens: number;
  seconds: number;
  /** The same in seconds of processor time. */
  processorSeconds: number;
}

/**
 * Continues the prompt as text. Yields text as soon as it cannot be part of a stop string any more,
 * and returns the whole. After a stop string, `ids` ends with the id that completed it.
 *
 * @throws DataError if the prompt does not fit into the context, or the model gives no numbers.
 */
export async function* generateText(
  model: TextGenerator,
  request: TextRequest,
): AsyncGenerator<TextSpan[], TextResult> {
  const { stop, opened = null, ...decoding } = request;
  requireRoom(model, request.promptIds.length);
  const stopped = new AbortController();
  const signals = request.signal ? [request.signal, stopped.signal] : [stopped.signal];
  const offsets: number[] = [];
  const stopIds = specialStops(model, stop);
  const steps = model.decoder.decode({
    ...decoding,
    eosTokenIds: [...new Set([...model.eosTokenIds, ...stopIds.keys()])],
    signal: AbortSignal.any(signals),
    onStep(ids) {
      offsets.push(...ids.keys().map((i) => i === ids.length - 1 ? 0 : i + 1));
      request.onStep?.(ids);
    },
  });
  const { tokenizer } = model;
  // What marks the thinking is part of the text even where the vocabulary calls it special.
  const text = new TextAssembler(
    tokenizer.streamDecoder(tokensOfMarks(tokenizer.specialTokens)),
    stop,
  );
  const labels = new ThinkingLabels(opened);
  const pace = new PaceMeter();
  try {
    let step = await steps.next();
    for (; !step.done; step = await steps.next()) {
      pace.count(step.value.length);
      const spans = labels.push(
        text.push(step.value, offsets.splice(0, step.value.length)),
      );
      // Ends the decoding at its next step: the text is whole.
      if (text.stop !== null) stopped.abort();
      if (spans.length > 0) yield spans;
    }
    const last = text.finish(step.value.finishReason !== "eos");
    const rest = [...labels.push(last), ...labels.finish()];
    if (rest.length > 0) yield rest;
    const result = {
      ...step.value,
      text: text.whole,
      thinking: labels.thinking,
      answer: labels.answer,
      pace: pace.pace,
      stop: text.stop,
    };
    if (text.stop !== null) return { ...result, ids: text.ids, finishReason: "stop" };
    const special = stopIds.get(result.ids.at(-1) ?? -1);
    return special === undefined ? result : { ...result, finishReason: "stop", stop: special };
  } catch (error) {
    if (error instanceof NoNumberError) await model.requireFiniteWeights?.();
    throw error;
  } finally {
    stopped.abort();
    await steps.return?.(undefined as never);
  }
}

/** The stop strings that are special tokens, which no text contains, by their ids. */
function specialStops({ tokenizer }: TextGenerator, stop: readonly string[]): Map<number, string> {
  const tokens = stop.filter((text) => tokenizer.specialTokens.includes(text));
  return new Map(tokens.flatMap((token) => {
    const ids = tokenizer.encode(token, { addSpecialTokens: false });
    return ids.length === 1 ? [[ids[0], token]] : [];
  }));
}

/** Hands the text over piece by piece and returns the whole. */
export async function drain(
  stream: AsyncGenerator<TextSpan[], TextResult>,
  write: (spans: readonly TextSpan[]) => Promise<void>,
): Promise<TextResult> {
  try {
    let step = await stream.next();
    for (; !step.done; step = await stream.next()) await write(step.value);
    return step.value;
  } finally {
    await stream.return(undefined as never);
  }
}

/** Ids of a prompt that are counted in any case, to say how much too long it is. */
const LEAST_COUNTED = 2 ** 16;

/** What decides how long a prompt may be. */
export type PromptRoom = Pick<TextModel, "name" | "decoder" | "longestContext">;

/** Ids of a prompt that are enough to see whether it has room: of more no exact number is told. */
export function countedIds({ decoder, longestContext = 0 }: PromptRoom): number {
  return Math.max(LEAST_COUNTED, decoder.contextLength, longestContext);
}

/**
 * Checks that the prompt is there and leaves room for an answer.
 *
 * @throws DataError if not.
 */
export function requireRoom(model: PromptRoom, promptLength: number): void {
  const { longestContext = 0, decoder: { contextLength } } = model;
  if (promptLength === 0) throw new DataError("the prompt makes no tokens; give more text");
  if (promptLength < contextLength) return;
  const longer = promptLength < longestContext
    ? `, or take --context-length, at most ${longestContext}`
    : "";
  const counted = countedIds(model);
  const length = promptLength > counted
    ? `more than ${count(counted, "token")}`
    : count(promptLength, "token");
  throw new DataError(
    `the prompt has ${length}, but the context of ${model.name} holds ` +
      `${contextLength} together with the answer; shorten the prompt${longer}`,
  );
}

type Moment = Omit<Pace, "tokens">;

function now(): Moment {
  return { seconds: performance.now() / 1000, processorSeconds: processorSeconds() };
}

class PaceMeter {
  #tokens = 0;
  #first: Moment | undefined;
  #last: Moment = { seconds: 0, processorSeconds: 0 };

  /** A batch of ids has been read back. */
  count(tokens: number): void {
    this.#last = now();
    if (this.#first === undefined) this.#first = this.#last;
    else this.#tokens += tokens;
  }

  get pace(): Pace | null {
    if (this.#first === undefined || this.#tokens === 0) return null;
    return {
      tokens: this.#tokens,
      seconds: this.#last.seconds - this.#first.seconds,
      processorSeconds: this.#last.processorSeconds - this.#first.processorSeconds,
    };
  }
}
