/** What a decoder is asked for and what it answers; the shared vocabulary of the loop and its users. */

import type { CompileOptions } from "../gpu/kernel.ts";
import type { SamplingSettings, TokenChoice } from "../ops/choose.ts";
import type { StepUse } from "./gears/gears.ts";
import type { GearGuess, Steering } from "./gears/governor.ts";

/** One prompt to continue. */
export interface DecodeRequest {
  /** Token ids of the whole prompt, at least one and at most the context length. */
  promptIds: readonly number[];
  /** Upper bound of generated tokens; the context window bounds them too. */
  maxTokens: number;
  sampling: SamplingSettings;
  /** Ids that end the text. They are emitted as the last id. */
  eosTokenIds: readonly number[];
  /** Ends the decoding early, soon after it is aborted. */
  signal?: AbortSignal;
  /**
   * Hears how many of the prompt's tokens are read, and how many are to be, not those cached already; and
   * the part of the work that is done: tokens far into a text take longer.
   */
  onPrompt?: (done: number, total: number, part: number) => void;
  /**
   * Hears the tokens of each step in order, before they are yielded: the accepted drafts at offsets
   * 1, 2, …, then the model's own choice after them.
   */
  onStep?: (ids: readonly number[]) => void;
}

/** Why decoding ended: an end-of-text id, `maxTokens`, a full context, or the signal. */
export type FinishReason = "eos" | "length" | "context" | "aborted";

/** The whole of a decoding, with what it cost. */
export interface DecodeResult {
  /** Generated ids, the end-of-text id included when it came. */
  ids: number[];
  finishReason: FinishReason;
  /** Name of the drafting method. */
  method: string;
  /** Forward passes of the model that produced the ids, prefill left out. */
  forwards: number;
  /** Where the kind of the steps changes while a text runs: how many there were of each. */
  trees?: readonly StepUse[];
  /** Of the drafts at offset 1, 2, …, how many were accepted; as long as the longest accepted path. */
  acceptedByOffset: number[];
  /** Prompt tokens that were found in the cache. */
  reusedPromptTokens: number;
  /** Prompt tokens that were computed: the others, unless the decoding was aborted before. */
  computedPromptTokens: number;
  /** Seconds until the prompt was through, from when all kernels were compiled. */
  promptSeconds: number;
  /** Seconds from then until the last id was read back. */
  decodeSeconds: number;
}

/** A text with its keys and values, from position 0 on. */
export interface CachedText {
  readonly ids: readonly number[];
  /**
   * Keys and values of each layer in turn, [2, kvHeads, tokens, headDim] in the number format of the
   * cache that they come from.
   *
   * @param tokens how many of the ids they are of; all if left out.
   */
  layers(tokens?: number): AsyncIterable<Uint8Array<ArrayBuffer>>;
}

/** What is to be decoded, as far as it decides which kernels run. */
export interface KernelRequest extends CompileOptions {
  /** Tokens of the prompts that are to be read. */
  promptLengths: readonly number[];
  sampling: TokenChoice;
  /** Positions that the text may reach; those that the cache has room for if left out. */
  positions?: number;
}

/** Generates token ids. One decoding at a time. */
export interface Decoder {
  /** Largest number of positions, prompt and text together. */
  readonly contextLength: number;
  /** What is in the cache, between two decodings. */
  readonly cached: CachedText;
  /**
   * Fills the cache with a text, as if it had been decoded: of this model, this number format and at most
   * the context length. Not during a decoding.
   */
  restore(text: CachedText): Promise<void>;
  /**
   * Compiles ahead of the first such decoding what that would compile itself. Ctrl-C is heard only between
   * two kernels, and a driver may take a second for one: what has nothing to keep yet does this before it
   * listens. Returns whether all are compiled, which an aborted signal ends early.
   */
  compile(request: KernelRequest): Promise<boolean>;
  /**
   * Continues the prompt. Yields the new ids in order, in batches as they are read back from the
   * GPU, and returns the whole. Positions shared with the previous call are not computed again, nor
   * are those that it had computed when it was aborted in its prompt.
   */
  decode(request: DecodeRequest): AsyncGenerator<number[], DecodeResult>;
  /** Frees the GPU buffers. */
  [Symbol.dispose](): void;
}

/** How the loop is run; none of it changes a token. */
export interface DecoderOptions {
  /** Precision of cached keys and values; f16 halves the memory. */
  kv?: "f16" | "f32";
  /** Positions that the cache begins with; it grows with the text. */
  cachePositions?: number;
  /** Rows per forward pass while the prompt is read, however long it is. */
  prefillChunk?: number;
  /** Most steps that are recorded and submitted together. */
  stepsPerSubmit?: number;
  /** Most submits in flight before the host waits for the first of them. */
  ringDepth?: number;
  /** What changes between kinds of steps; the {@linkcode Governor} if left out. */
  steer?: (guesses: readonly GearGuess[]) => Steering;
}
