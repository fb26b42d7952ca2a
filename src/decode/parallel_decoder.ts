import type { Dispatch } from "../gpu/kernel.ts";
import { PacedQueue } from "../gpu/queues/paced_queue.ts";
import { ReadbackRing } from "../gpu/queues/readback.ts";
import { type Activations, createActivations, freeActivations } from "../model/activations.ts";
import { type Cache, createCache, freeCache } from "../model/cache.ts";
import type { Transformer } from "../model/transformer.ts";
import {
  choose,
  type Choosing,
  type ChoosingBuffers,
  createChoosingBuffers,
  freeChoosingBuffers,
  writeText,
} from "../ops/choose.ts";
import { continueTexts, NO_TOKEN } from "../ops/continue_texts.ts";
import { profileOf } from "../ops/profiles.ts";
import { type Row, textRow, writeRow, writeRowCount, writeRows } from "../ops/rows.ts";
import { NoNumberError, requireKnownIds } from "./faults.ts";
import { sharedLength } from "./shared_length.ts";
import { choosingFor } from "./step.ts";
import type { DecodeRequest, FinishReason } from "./types.ts";

/** How many texts are written side by side, and how. */
export interface ParallelOptions {
  /** Texts at a time: rows of a pass. */
  rows: number;
  /** Positions of each, prompt and text together. */
  length: number;
}

/** A text to continue. */
export type ParallelRequest = Pick<
  DecodeRequest,
  "promptIds" | "maxTokens" | "sampling" | "eosTokenIds"
>;

/** A text that has ended. */
export interface ParallelResult {
  /** Which of the requests it answers, from 0 on. */
  index: number;
  /** Generated ids, the end-of-text id included when it came. */
  ids: number[];
  finishReason: FinishReason;
}

/** A text in its row. */
interface RunningText {
  index: number;
  request: ParallelRequest;
  /** Steps that had been submitted when it would have been begun at its first position. */
  begun: number;
  ids: number[];
  /** Most ids. */
  limit: number;
}

/**
 * Writes many texts at a time, a row of each in every pass: a pass with many rows costs little more than
 * one with a single row. Where a text ends, the next one takes its row. No row knows of the others, so
 * the ids of a text are those that plain decoding gives it alone, with the same settings and seed.
 *
 * Prompts go the same way, one token in each pass; but what all of them begin with, such as a system
 * message, is read once, and its keys and values are there for all.
 */
export class ParallelDecoder implements Disposable {
  readonly #model: Transformer;
  readonly #rows: number;
  readonly #length: number;
  readonly #at: Activations;
  readonly #cache: Cache;
  readonly #choosing: ChoosingBuffers;
  readonly #promptLengths: GPUBuffer;
  readonly #tokens: GPUBuffer;
  readonly #queue: PacedQueue;
  readonly #ring: ReadbackRing;
  readonly #passes: Map<Choosing, Dispatch[]> = new Map();
  readonly #running: (RunningText | undefined)[];
  /** Passes so far, and how many there had been at each copy that has not been read. */
  #submitted = 0;
  readonly #copied: number[] = [];

  constructor(model: Transformer, { rows, length }: ParallelOptions) {
    const { gpu, config: { vocabSize } } = model;
    this.#model = model;
    this.#rows = rows;
    this.#length = length;
    this.#at = createActivations(model, { capacity: rows, logitRows: rows, ancestorRoom: length });
    this.#cache = createCache(model, (1 + rows) * length, "f16");
    const sizes = { rowCapacity: rows, vocabularySize: vocabSize, ownTexts: true };
    this.#choosing = createChoosingBuffers(gpu, sizes);
    this.#promptLengths = gpu.storage("prompt lengths", 4 * rows);
    this.#tokens = gpu.storage("texts", 4 * rows * length);
    const profile = profileOf(gpu);
    this.#queue = new PacedQueue(gpu, profile);
    this.#ring = new ReadbackRing(gpu, profile.decoding.ringDepth, this.#tokens.size);
    this.#running = Array.from({ length: rows });
    writeRows(gpu, this.#at.batch, Array.from({ length: rows }, (_, row) => this.#rowOf(row)));
  }

  /**
   * Continues the requests. Hands each text out when it has ended, in the order in which they end; an
   * aborted signal ends all that run at once. One call at a time.
   *
   * @throws DataError if a prompt has an id that is none of the model's, or logits are no numbers.
   */
  async *decode(
    requests: readonly ParallelRequest[],
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<ParallelResult> {
    const common = commonBeginning(requests).slice(0, this.#length - 1);
    let index = 0;
    const beginInFreeRows = () => {
      for (let row = 0; row < this.#rows && index < requests.length; row++) {
        if (this.#running[row]) continue;
        this.#begin(row, index, requests[index], common.length);
        index++;
      }
      // Rows behind the last of those that are taken need not be computed.
      writeRowCount(gpu, this.#at.batch, 1 + this.#running.findLastIndex(Boolean));
    };
    const { gpu } = this.#model;
    await this.#reset();
    if (!await this.#readCommon(common, signal)) return;
    beginInFreeRows();
    while (this.#running.some(Boolean)) {
      if (this.#ring.hasRoom) {
        if (await this.#submitPass(signal)) continue;
        return yield* this.#running.flatMap((text) =>
          text ? [{ index: text.index, ids: text.ids, finishReason: "aborted" as const }] : []
        );
      }
      const ended = this.#read(await this.#ring.take());
      if (ended.length === 0) continue;
      yield* ended;
      beginInFreeRows();
    }
  }

  async #reset(): Promise<void> {
    await this.#ring.drain();
    this.#running.fill(undefined);
    this.#copied.length = 0;
    this.#queue.begin();
  }

  /**
   * A row of the batch, of which the first `common` positions are those of all texts, in the first slots. Those
   * after them lie in slots of the row's own, as many as a text is long, which are its ancestors in order.
   */
  #rowOf(row: number, { token = 0, common = 0 } = {}): Row {
    const slot = (1 + row) * this.#length;
    const ancestors = Array.from({ length: this.#length }, (_, i) => slot + i);
    return { token, position: common, slot, prefix: common, ancestors };
  }

  /** Reads what all texts begin with, as rows of one text. Returns whether it was read whole. */
  async #readCommon(ids: readonly number[], signal: AbortSignal | undefined): Promise<boolean> {
    requireKnownIds(this.#model.config, ids);
    for (let first = 0; first < ids.length; first += this.#rows) {
      const part = ids.slice(first, first + this.#rows);
      writeRows(this.#model.gpu, this.#at.batch, part.map((id, i) => textRow(id, first + i)));
      if (!await this.#queue.submit(this.#passFor("greedy"), { signal })) return false;
    }
    return true;
  }

  /** Begins a text in a row; its first `common` ids have been read. */
  #begin(row: number, index: number, request: ParallelRequest, common: number): void {
    const { gpu, config } = this.#model;
    const { promptIds: ids, sampling, maxTokens } = request;
    requireKnownIds(config, ids);
    const room = this.#length - ids.length;
    if (room < 1 || maxTokens < 1) {
      throw new RangeError(
        `${ids.length} tokens and ${maxTokens} more where there is room for ${this.#length}`,
      );
    }
    writeText(gpu, this.#choosing, { sampling, ids }, row);
    gpu.write(this.#promptLengths, 4 * row, Uint32Array.of(ids.length));
    gpu.write(this.#tokens, 4 * row * this.#length, Uint32Array.from(ids));
    writeRow(gpu, this.#at.batch, row, this.#rowOf(row, { token: ids[common], common }));
    const limit = Math.min(room, maxTokens);
    const begun = this.#submitted - common;
    this.#running[row] = { index, request, begun, ids: [], limit };
  }

  /** Submits a pass and the copy of what it wrote. Returns whether it was submitted whole. */
  async #submitPass(signal: AbortSignal | undefined): Promise<boolean> {
    if (!await this.#queue.submit(this.#passFor(this.#choosingNow()), { signal })) return false;
    this.#copied.push(++this.#submitted);
    const encoder = this.#model.gpu.device.createCommandEncoder({ label: "texts" });
    const source = this.#tokens;
    this.#ring.submit(encoder, { source, offset: 0, length: source.size });
    return true;
  }

  /** What the texts that run need of choosing, taken together. */
  #choosingNow(): Choosing {
    const ways = this.#running.map((text) => text && choosingFor(text.request.sampling));
    return (["filtered", "sampled"] as const).find((way) => ways.includes(way)) ?? "greedy";
  }

  #passFor(choosing: Choosing): Dispatch[] {
    let pass = this.#passes.get(choosing);
    if (!pass) {
      const { gpu } = this.#model;
      const [at, rowCount] = [this.#at, this.#rows];
      const { batch, logits } = at;
      pass = [
        ...this.#model.embed(rowCount, at),
        ...this.#model.runLayers(rowCount, at, this.#cache),
        ...this.#model.logits(rowCount, at),
        ...choose(gpu, { batch, rowCount, logits, buffers: this.#choosing }, choosing),
        continueTexts(gpu, {
          batch,
          rowCount,
          choosing: this.#choosing,
          length: this.#length,
          promptLengths: this.#promptLengths,
          tokens: this.#tokens,
        }),
      ];
      this.#passes.set(choosing, pass);
    }
    return pass;
  }

  /** Takes a copy of all tokens, the oldest. Returns the texts that it shows to have ended. */
  #read(tokens: Uint32Array): ParallelResult[] {
    const submitted = this.#copied.shift()!;
    return this.#running.flatMap((text, row) => {
      if (!text) return [];
      const { index, ids } = text;
      const first = row * this.#length;
      // A copy from before the text began has nothing of it.
      const reached = Math.min(Math.max(0, submitted - text.begun), this.#length - 1);
      const finishReason = readOn(text, tokens.subarray(first, first + reached + 1));
      if (!finishReason) return [];
      this.#running[row] = undefined;
      return [{ index, ids, finishReason }];
    });
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#model;
    this.#ring[Symbol.dispose]();
    freeActivations(gpu, this.#at);
    freeCache(gpu, this.#cache);
    freeChoosingBuffers(gpu, this.#choosing);
    gpu.free(this.#promptLengths, this.#tokens);
  }
}

/** The ids that all prompts begin with, short of the last of any. */
function commonBeginning([first, ...others]: readonly ParallelRequest[]): readonly number[] {
  if (!first) return [];
  const length = others.reduce(
    (least, { promptIds }) =>
      Math.min(least, promptIds.length - 1, sharedLength(first.promptIds, promptIds)),
    first.promptIds.length - 1,
  );
  return first.promptIds.slice(0, Math.max(0, length));
}

/** Adds the ids that are new to a text, up to its end. Returns why it has ended, if it has. */
function readOn(
  { request: { promptIds, eosTokenIds, maxTokens }, ids, limit }: RunningText,
  tokens: Uint32Array,
): FinishReason | undefined {
  while (promptIds.length + ids.length < tokens.length) {
    const id = tokens[promptIds.length + ids.length];
    if (id === NO_TOKEN) throw new NoNumberError();
    ids.push(id);
    if (eosTokenIds.includes(id)) return "eos";
    if (ids.length === limit) return limit === maxTokens ? "length" : "context";
  }
  return undefined;
}
