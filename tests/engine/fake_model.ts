/**
 * A model without a GPU, for tests of the command line: its tokens are the bytes of UTF-8, and its
 * text is what a function of the prompt says.
 */

import type {
  CachedText,
  Decoder,
  DecodeRequest,
  DecodeResult,
  KernelRequest,
} from "../../src/decode/types.ts";
import type { Drafting } from "../../src/engine/drafting/drafting.ts";
import type { GenerationDefaults } from "../../src/engine/text/generation_defaults.ts";
import type {
  TextModel,
  TextTemplate,
  TextTokenizer,
} from "../../src/engine/text/generate_text.ts";
import type { ChatMessage } from "../../src/format/chat/messages.ts";
import type { DraftSettings } from "../../src/format/settings/draft_settings.ts";
import { PromptCache } from "../../src/engine/text/prompts/prompt_cache.ts";
import { DraftingUnchangedError } from "../../src/engine/errors.ts";
import { NoInputError } from "../../src/format/errors.ts";
import type { CacheOrigin } from "../../src/format/prompt_cache.ts";

/** The id that ends a text; byte b has the id b + 1. */
export const EOS = 0;

/** Bytes as tokens. */
export const byteTokenizer: TextTokenizer = {
  specialTokens: [],
  specialTokenOf: (id) => id === EOS ? "<end>" : undefined,
  encode: (text) => [...new TextEncoder().encode(text)].map((byte) => byte + 1),
  streamDecoder() {
    const decoder = new TextDecoder();
    const bytesOf = (ids: readonly number[]) =>
      Uint8Array.from(ids.filter((id) => id !== EOS), (id) => id - 1);
    return {
      push: (ids) => decoder.decode(bytesOf(ids), { stream: true }),
      finish: () => decoder.decode(),
    };
  },
};

/** `role:content` lines, then `assistant:`. */
export const lineTemplate: TextTemplate = {
  switchesThinking: false,
  requireValid() {},
  render(messages: readonly ChatMessage[], { addGenerationPrompt }) {
    const lines = messages.map(({ role, content }) => `${role}:${content}\n`).join("");
    return lines + (addGenerationPrompt ? "assistant:" : "");
  },
};

/** How a fake model behaves. */
export interface FakeOptions {
  /** The text that follows a prompt. */
  answer: (prompt: string) => string;
  contextLength?: number;
  /** Ids that are handed over together. */
  batchSize?: number;
  /** What a decoding ends by after its first batch, if it fails. */
  failure?: (prompt: string) => Error | undefined;
  /** Milliseconds before each batch. */
  delay?: number;
  /** Kernels that are compiled ahead, each in a twentieth of a second; none unless told otherwise. */
  kernels?: number;
  template?: TextTemplate | null;
  /** What its authors say about sampling. */
  generationDefaults?: Partial<GenerationDefaults>;
  /** Drafts in each step, all of them accepted; 0 unless told otherwise. */
  depth?: number;
  /** Seconds that a prompt is said to take. */
  promptSeconds?: number;
  /** Moments of five milliseconds that the reading of a prompt takes; none unless told otherwise. */
  promptMoments?: (prompt: string) => number;
  /** Tells its keys and values from those of other models; there are none. */
  identity?: string;
  /** What plain decoding makes of a prompt, if that is to differ. */
  plainAnswer?: (prompt: string) => string;
}

/** A decoder that remembers what it was asked. */
export class FakeDecoder implements Decoder {
  readonly contextLength: number;
  readonly requests: DecodeRequest[] = [];
  /** What was compiled ahead, with the number of decodings before. */
  readonly compiled: (KernelRequest & { decoding: number })[] = [];
  /** Prompts as text. */
  readonly prompts: string[] = [];
  /** Decodings that were begun and ended, by whatever way. */
  ended = 0;
  readonly #options: FakeOptions;
  #cached: readonly number[] = [];

  constructor(options: FakeOptions) {
    this.#options = { ...options };
    this.contextLength = options.contextLength ?? 4096;
  }

  get cached(): CachedText {
    return { ids: this.#cached, async *layers() {} };
  }

  restore({ ids }: CachedText): Promise<void> {
    this.#cached = ids;
    return Promise.resolve();
  }

  async compile(
    { promptLengths, sampling, signal, onProgress }: KernelRequest,
  ): Promise<boolean> {
    this.compiled.push({ decoding: this.requests.length, promptLengths, sampling });
    const { kernels = 0 } = this.#options;
    for (let done = 0; done < kernels && !signal?.aborted; done++) {
      onProgress?.(done, kernels);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.#options.kernels = 0;
    return !signal?.aborted;
  }

  async *decode(request: DecodeRequest): AsyncGenerator<number[], DecodeResult> {
    this.requests.push(request);
    const prompt = byteTokenizer.streamDecoder().push(request.promptIds);
    this.prompts.push(prompt);
    const { batchSize = 1, delay = 0, answer } = this.#options;
    const differing = request.promptIds.findIndex((id, i) => id !== this.#cached[i]);
    const reused = Math.min(differing < 0 ? Infinity : differing, request.promptIds.length - 1);
    const all = [...byteTokenizer.encode(answer(prompt)), EOS];
    const room = this.contextLength - request.promptIds.length;
    const limit = Math.min(request.maxTokens, room);
    const due = all.slice(0, limit);
    const stepSize = 1 + (this.#options.depth ?? 0);
    const ids: number[] = [];
    const acceptedByOffset: number[] = [];
    let forwards = 0;
    const moments = this.#options.promptMoments?.(prompt) ?? 0;
    for (let done = 0; done < moments && !request.signal?.aborted; done++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      request.onPrompt?.(done, moments, done / moments);
    }
    try {
      while (ids.length < due.length && !request.signal?.aborted) {
        await new Promise((resolve) => setTimeout(resolve, delay));
        if (request.signal?.aborted) break;
        const batch = due.slice(ids.length, ids.length + batchSize);
        ids.push(...batch);
        for (let first = 0; first < batch.length; first += stepSize) {
          const step = batch.slice(first, first + stepSize);
          forwards++;
          for (let i = 0; i < step.length - 1; i++) {
            acceptedByOffset[i] = (acceptedByOffset[i] ?? 0) + 1;
          }
          request.onStep?.(step);
        }
        yield batch;
        const failure = this.#options.failure?.(prompt);
        if (failure) throw failure;
      }
    } finally {
      this.ended++;
      this.#cached = [...request.promptIds, ...ids].slice(0, -1);
    }
    return {
      ids,
      finishReason: request.eosTokenIds.includes(ids.at(-1)!)
        ? "eos"
        : ids.length < limit
        ? "aborted"
        : request.maxTokens <= room
        ? "length"
        : "context",
      method: "fake",
      forwards,
      acceptedByOffset,
      reusedPromptTokens: reused,
      computedPromptTokens: request.promptIds.length - reused,
      promptSeconds: this.#options.promptSeconds ?? 0.2,
      decodeSeconds: 0.25,
    };
  }

  [Symbol.dispose](): void {}
}

/**
 * A model around a {@linkcode FakeDecoder}; it refuses to draft by the method "autoregressive", and its device has no
 * room for "early-exit".
 */
export interface FakeModel extends TextModel {
  readonly decoder: FakeDecoder;
  /** Decoders that were opened for plain decoding, and how many of them were closed. */
  readonly references: FakeDecoder[];
  closedReferences: number;
  /** Ids of each text that was encoded: one more than were asked for at most. */
  readonly encoded: number[];
  /** Texts whose logits were asked for. */
  readonly scored: number[][];
  /** What `draftBy` was called with. */
  readonly changes: Partial<DraftSettings>[];
}

/** A model that says what the options tell. */
export function fakeModel(options: FakeOptions): FakeModel {
  const { depth = 0, plainAnswer: answer = options.answer } = options;
  const drafting: Drafting = { method: "fake", sources: ["fake"], nodes: depth + 1, depth };
  const decoder = new FakeDecoder(options);
  const origin: CacheOrigin = {
    identity: options.identity ?? "fake",
    description: `${options.identity ?? "fake"} on a test, f16`,
    layerCount: 0,
    kvHeadCount: 1,
    headDim: 8,
    dtype: "F16",
    vocabSize: 257,
  };
  const encoded: number[] = [];
  const encode: TextTokenizer["encode"] = (text, { most = Infinity } = {}) => {
    const ids = byteTokenizer.encode(text).slice(0, most + 1);
    encoded.push(ids.length);
    return ids;
  };
  return {
    name: "fake",
    tokenizer: { ...byteTokenizer, encode },
    encoded,
    template: options.template === undefined ? lineTemplate : options.template,
    eosTokenIds: [EOS],
    generationDefaults: { sampling: {}, problems: [], ...options.generationDefaults },
    decoder,
    promptCache: new PromptCache(() => decoder, () => Promise.resolve(origin)),
    drafting,
    references: [],
    scored: [],
    closedReferences: 0,
    changes: [],
    draftBy(settings) {
      if (settings.method === "autoregressive") throw new NoInputError("autoregressive needs more");
      if (settings.method === "early-exit") {
        throw new DraftingUnchangedError("no room for early-exit");
      }
      this.changes.push(settings);
      drafting.nodes = settings.nodes ?? depth + 1;
      return Promise.resolve();
    },
    async *textLogits(ids, from) {
      this.scored.push([...ids]);
      // The token that comes is the most probable one, then those behind it.
      const answer = ids.slice(from + 1);
      for (let at = from; at < ids.length; at++) {
        const next = answer[at - from] ?? EOS;
        await Promise.resolve();
        yield Float32Array.from({ length: 257 }, (_, id) => -((id - next + 257) % 257));
      }
    },
    requireFiniteWeights: () => Promise.resolve(),
    openReference() {
      const decoder = new FakeDecoder({ ...options, answer, depth: 0 });
      this.references.push(decoder);
      return {
        decoder,
        logitsAfter: () => Promise.resolve(Float32Array.from({ length: 257 }, (_, id) => id / 2)),
        [Symbol.dispose]: () => this.closedReferences++,
      };
    },
  };
}
