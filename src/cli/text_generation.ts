/** From a decoder of ids to a stream of text that ends at stop strings. */

import type { Decoder, DecodeRequest, DecodeResult } from "../decode/types.ts";
import type { ChatMessage } from "../format/chat_template.ts";
import { DataError } from "../format/errors.ts";
import { count } from "./statistics.ts";

/** What text generation needs of a tokenizer. */
export interface TextTokenizer {
  /** Spellings of the tokens that steer the model. */
  readonly specialTokens: readonly string[];
  /** Ids of a text; special tokens are added around it only if asked for. */
  encode(text: string, options?: { addSpecialTokens?: boolean }): number[];
  /** Turns ids into text as they come, never half a character. */
  streamDecoder(): { push(ids: readonly number[]): string; finish(): string };
}

/** What chatting needs of a chat template. */
export interface TextTemplate {
  /** The prompt that stands for the messages. */
  render(messages: readonly ChatMessage[], options: { addGenerationPrompt: boolean }): string;
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
  /** Continues ids. */
  readonly decoder: Decoder;
}

/** One prompt to continue as text. */
export interface TextRequest extends Omit<DecodeRequest, "eosTokenIds"> {
  /** The text ends before the first of these; none is empty. */
  stop: readonly string[];
}

/** The whole of a text, with what it cost. */
export interface TextResult extends DecodeResult {
  /** The text without the stop string or end-of-text token that ended it. */
  text: string;
}

/**
 * Continues the prompt as text. Yields text as soon as it cannot be part of a stop string any more,
 * and returns the whole. After a stop string, `ids` ends with the id that completed it.
 *
 * @throws DataError if the prompt does not fit into the context.
 */
export async function* generateText(
  model: TextModel,
  request: TextRequest,
): AsyncGenerator<string, TextResult> {
  const { stop, ...decoding } = request;
  requireRoom(model, request.promptIds.length);
  const stopped = new AbortController();
  const signals = request.signal ? [request.signal, stopped.signal] : [stopped.signal];
  const steps = model.decoder.decode({
    ...decoding,
    eosTokenIds: model.eosTokenIds,
    signal: AbortSignal.any(signals),
  });
  const text = new TextAssembler(model.tokenizer.streamDecoder(), stop);
  try {
    let step = await steps.next();
    for (; !step.done; step = await steps.next()) {
      const piece = text.push(step.value);
      // The steps that the GPU has ahead are still read back, so that the cost is the whole cost.
      if (text.isStopped) stopped.abort();
      if (piece !== "") yield piece;
    }
    const rest = text.finish();
    if (rest !== "") yield rest;
    const result = { ...step.value, text: text.whole };
    return text.isStopped ? { ...result, ids: text.ids, finishReason: "stop" } : result;
  } finally {
    stopped.abort();
    await steps.return?.(undefined as never);
  }
}

/** Hands the text over piece by piece and returns the whole. */
export async function drain(
  stream: AsyncGenerator<string, TextResult>,
  write: (piece: string) => Promise<void>,
): Promise<TextResult> {
  try {
    let step = await stream.next();
    for (; !step.done; step = await stream.next()) await write(step.value);
    return step.value;
  } finally {
    await stream.return(undefined as never);
  }
}

/**
 * Checks that the prompt is there and leaves room for an answer.
 *
 * @throws DataError if not.
 */
export function requireRoom(model: TextModel, promptLength: number): void {
  const { contextLength } = model.decoder;
  if (promptLength === 0) throw new DataError("the prompt makes no tokens; give more text");
  if (promptLength < contextLength) return;
  throw new DataError(
    `the prompt has ${count(promptLength, "token")}, but the context of ${model.name} holds ` +
      `${contextLength} together with the answer; shorten the prompt`,
  );
}

/** Ids to text, up to the first stop string. */
class TextAssembler {
  /** Ids up to the one that completed a stop string. */
  readonly ids: number[] = [];
  /** All text given out. */
  whole = "";
  readonly #decoder: ReturnType<TextTokenizer["streamDecoder"]>;
  readonly #filter: StopFilter;

  constructor(decoder: ReturnType<TextTokenizer["streamDecoder"]>, stop: readonly string[]) {
    this.#decoder = decoder;
    this.#filter = new StopFilter(stop);
  }

  /** Whether a stop string has come; what follows it is ignored. */
  get isStopped(): boolean {
    return this.#filter.isStopped;
  }

  push(ids: readonly number[]): string {
    let piece = "";
    // One by one: where the text ends must not depend on how the ids were batched.
    for (const id of ids) {
      if (this.isStopped) break;
      this.ids.push(id);
      piece += this.#filter.push(this.#decoder.push([id]));
    }
    this.whole += piece;
    return piece;
  }

  finish(): string {
    if (this.isStopped) return "";
    const piece = this.#filter.push(this.#decoder.finish()) + this.#filter.finish();
    this.whole += piece;
    return piece;
  }
}

/** Passes text on until a stop string, holding back what may be the beginning of one. */
export class StopFilter {
  #held = "";
  #isStopped = false;
  readonly #stops: readonly string[];

  /** A filter for the text of one answer.
   * @param stops texts that end the stream; none of them empty. */
  constructor(stops: readonly string[]) {
    this.#stops = stops;
  }

  /** Whether a stop string has come. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Takes more text and returns what is certain not to belong to a stop string. */
  push(text: string): string {
    if (this.#isStopped) return "";
    const all = this.#held + text;
    const start = this.#firstStop(all);
    if (start !== null) {
      this.#isStopped = true;
      this.#held = "";
      return all.slice(0, start);
    }
    const certain = all.length - this.#heldLength(all);
    this.#held = all.slice(certain);
    return all.slice(0, certain);
  }

  /** What was held back and turned out to be ordinary text. */
  finish(): string {
    const rest = this.#held;
    this.#held = "";
    return rest;
  }

  /** Where the stop string begins that is complete first: the same however the text was cut. */
  #firstStop(all: string): number | null {
    let [first, firstEnd] = [null as number | null, Infinity];
    for (const stop of this.#stops) {
      const start = all.indexOf(stop);
      const end = start + stop.length;
      if (start < 0 || end > firstEnd) continue;
      first = end === firstEnd && first !== null ? Math.min(first, start) : start;
      firstEnd = end;
    }
    return first;
  }

  /** Length of the longest ending of `all` that begins a stop string. */
  #heldLength(all: string): number {
    const longest = Math.max(0, ...this.#stops.map((stop) => stop.length - 1));
    for (let length = Math.min(longest, all.length); length > 0; length--) {
      const ending = all.slice(all.length - length);
      if (this.#stops.some((stop) => stop.length > length && stop.startsWith(ending))) {
        return length;
      }
    }
    return 0;
  }
}
