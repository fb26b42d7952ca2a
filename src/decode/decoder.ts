import { ReadbackRing } from "../gpu/readback.ts";
import { type Dispatch, record } from "../gpu/kernel.ts";
import type { DeviceClass } from "../gpu/gpu.ts";
import {
  type Activations,
  type Cache,
  createActivations,
  createCache,
  freeActivations,
  freeCache,
  type Transformer,
} from "../model/transformer.ts";
import {
  advance,
  type ChoiceBuffers,
  chooseCandidates,
  createChoiceBuffers,
  filterLogits,
  FINISH,
  freeChoiceBuffers,
  packSeen,
  packSettings,
  packState,
  RECORD_WORDS,
} from "../ops/choose.ts";
import { textRow, writeRows } from "../ops/rows.ts";
import { Prefill } from "./prefill.ts";
import type { Decoder, DecodeRequest, DecodeResult, FinishReason } from "./types.ts";

/** How the loop is run; none of it changes a token. */
export interface DecoderOptions {
  /** Precision of cached keys and values; f16 halves the memory. */
  kv?: "f16" | "f32";
  /** Rows per forward pass while the prompt is read. */
  prefillChunk?: number;
  /** Steps that are recorded and submitted together. */
  stepsPerSubmit?: number;
  /** Submits in flight before the host waits for the first of them. */
  ringDepth?: number;
}

const DEFAULTS: Readonly<Record<DeviceClass, Required<DecoderOptions>>> = {
  software: { kv: "f16", prefillChunk: 64, stepsPerSubmit: 4, ringDepth: 4 },
  hardware: { kv: "f16", prefillChunk: 256, stepsPerSubmit: 8, ringDepth: 8 },
};

/** Opens a decoder on the model. */
export function createDecoder(model: Transformer, options: DecoderOptions = {}): Decoder {
  return new AutoregressiveDecoder(model, options);
}

/** Plain decoding: one forward pass per token, the loop on the GPU. */
class AutoregressiveDecoder implements Decoder {
  readonly contextLength: number;
  readonly #model: Transformer;
  readonly #options: Required<DecoderOptions>;
  readonly #activations: Activations;
  readonly #cache: Cache;
  readonly #choice: ChoiceBuffers;
  readonly #ring: ReadbackRing;
  readonly #prefill: Prefill;
  readonly #steps: Map<boolean, Dispatch[]> = new Map();
  /** Ids whose keys and values stand in the cache, from position 0 on. */
  #cached: number[] = [];

  constructor(model: Transformer, options: DecoderOptions) {
    const { gpu, config } = model;
    this.#model = model;
    this.#options = { ...DEFAULTS[gpu.deviceClass], ...options };
    const { kv, prefillChunk, stepsPerSubmit, ringDepth } = this.#options;
    this.contextLength = model.contextLength;
    this.#activations = createActivations(model, {
      capacity: prefillChunk,
      logitRows: 1,
      ancestorRoom: 1,
    });
    this.#cache = createCache(model, this.contextLength, kv);
    this.#choice = createChoiceBuffers(gpu, {
      rowCapacity: 1,
      vocabularySize: config.vocabSize,
      recordCount: stepsPerSubmit * (ringDepth + 1),
    });
    this.#ring = new ReadbackRing(gpu, ringDepth, stepsPerSubmit * RECORD_WORDS * 4);
    this.#prefill = new Prefill(model, this.#activations, this.#cache, prefillChunk);
  }

  async *decode(request: DecodeRequest): AsyncGenerator<number[], DecodeResult> {
    const { promptIds, maxTokens, signal } = request;
    const limit = Math.min(maxTokens, this.contextLength - promptIds.length);
    const result: DecodeResult = {
      ids: [],
      finishReason: "length",
      method: "autoregressive",
      forwards: 0,
      computedPromptTokens: 0,
      promptSeconds: 0,
      decodeSeconds: 0,
    };
    if (limit <= 0) return result;
    await this.#ring.drain();
    const start = performance.now();
    result.computedPromptTokens = this.#start(request, limit);
    // One wait before the loop, so that the two times can be told apart.
    await this.#model.gpu.idle();
    const promptEnd = performance.now();
    try {
      for await (const { ids, finishReason } of this.#run(request, limit)) {
        result.ids.push(...ids);
        result.forwards += ids.length;
        if (finishReason) result.finishReason = finishReason;
        if (ids.length > 0) yield ids;
      }
    } finally {
      this.#stop();
      this.#cached = [...promptIds, ...result.ids].slice(0, -1);
    }
    if (signal?.aborted && result.finishReason !== "stop") result.finishReason = "aborted";
    const end = performance.now();
    result.promptSeconds = (promptEnd - start) / 1000;
    result.decodeSeconds = (end - promptEnd) / 1000;
    return result;
  }

  /**
   * Queues the prompt's forward passes and the loop's first row, which is the prompt's last token.
   * Returns the number of prompt tokens that were not cached already.
   */
  #start({ promptIds, sampling, eosTokenIds }: DecodeRequest, limit: number): number {
    const { gpu, config } = this.#model;
    const last = promptIds.length - 1;
    let known = 0;
    while (
      known < Math.min(last, this.#cached.length) && promptIds[known] === this.#cached[known]
    ) {
      known++;
    }
    this.#cached.length = known;
    this.#prefill.queue(promptIds.slice(known, last), known);
    const { settings, state, seen, thresholds } = this.#choice;
    gpu.write(settings, 0, packSettings(sampling));
    gpu.write(state, 0, packState(limit, eosTokenIds));
    gpu.write(seen, 0, packSeen(config.vocabSize, promptIds));
    gpu.write(thresholds, 0, new Float32Array([-Infinity]));
    writeRows(gpu, this.#activations.batch, [textRow(promptIds[last], last)]);
    return promptIds.length - known;
  }

  /** Keeps the ring full of steps and hands out what comes back, until the text ends. */
  async *#run(
    { sampling, signal }: DecodeRequest,
    limit: number,
  ): AsyncGenerator<{ ids: number[]; finishReason?: FinishReason }> {
    const filtered = sampling.topK > 0 || sampling.topP < 1 || sampling.minP > 0;
    const step = this.#step(filtered && sampling.temperature > 0);
    let submitted = 0;
    let turn = performance.now();
    while (!signal?.aborted) {
      while (this.#ring.hasRoom && submitted < limit) {
        this.#submit(step, submitted);
        submitted += this.#options.stepsPerSubmit;
      }
      const { ids, finish } = readRecords(await this.#ring.take());
      if (finish !== FINISH.running) {
        yield { ids, finishReason: finish === FINISH.endOfText ? "stop" : "length" };
        return;
      }
      yield { ids };
      if (performance.now() - turn > TURN_MILLISECONDS) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        turn = performance.now();
      }
    }
  }

  /** Records and submits the next steps, and the copy of their records. */
  #submit(step: Dispatch[], firstStep: number): void {
    const { stepsPerSubmit } = this.#options;
    const encoder = this.#model.gpu.device.createCommandEncoder({ label: "decoding steps" });
    const pass = encoder.beginComputePass();
    for (let i = 0; i < stepsPerSubmit; i++) record(pass, step);
    pass.end();
    const firstRecord = firstStep % this.#choice.recordCount;
    const bytesPerRecord = RECORD_WORDS * 4;
    const [offset, length] = [firstRecord * bytesPerRecord, stepsPerSubmit * bytesPerRecord];
    this.#ring.submit(encoder, this.#choice.records, offset, length);
  }

  /** The dispatches of one step: token in, token out. */
  #step(filtered: boolean): Dispatch[] {
    let step = this.#steps.get(filtered);
    if (!step) {
      const model = this.#model;
      const { gpu, config: { layerCount } } = model;
      const at = this.#activations;
      const buffers = this.#choice;
      const choosing = { batch: at.batch, rowCount: 1, logits: at.logits, buffers };
      step = [
        ...model.embed(1, at),
        ...model.runLayers(1, at, this.#cache, 0, layerCount),
        ...model.logits(1, at),
        ...(filtered ? [filterLogits(gpu, choosing)] : []),
        chooseCandidates(gpu, choosing),
        advance(gpu, at.batch, buffers),
      ];
      this.#steps.set(filtered, step);
    }
    return step;
  }

  /** Makes the steps that are not started yet do nothing. */
  #stop(): void {
    this.#model.gpu.write(this.#activations.batch.rows, 0, new Uint32Array([0]));
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#model;
    this.#ring[Symbol.dispose]();
    freeActivations(gpu, this.#activations);
    freeCache(gpu, this.#cache);
    freeChoiceBuffers(gpu, this.#choice);
  }
}

/** Longest time without giving timers and signals a turn. */
const TURN_MILLISECONDS = 50;

/** The tokens of a submit's steps, and how the last of them left the decoding. */
function readRecords(words: Uint32Array): { ids: number[]; finish: number } {
  const ids: number[] = [];
  let finish: number = FINISH.running;
  for (let at = 0; at < words.length; at += RECORD_WORDS) {
    ids.push(...words.subarray(at + 2, at + 2 + words[at]));
    finish = words[at + 1];
  }
  return { ids, finish };
}
