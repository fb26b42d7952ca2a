import type { Dispatch } from "../gpu/kernel.ts";
import { PacedQueue } from "../gpu/queues/paced_queue.ts";
import type { Activations } from "../model/activations.ts";
import type { Cache } from "../model/cache.ts";
import type { Transformer } from "../model/transformer.ts";
import { profileOf } from "../ops/profiles.ts";
import { textRow, writeRows } from "../ops/rows.ts";

/** What the reading of a prompt may be told. */
export interface PrefillOptions {
  /** Ends it early. */
  signal?: AbortSignal | undefined;
  /** Hears how many of the ids have been handed to the device. */
  onProgress?: ((done: number) => void) | undefined;
}

/** Rows of a chunk, at most. */
export interface PrefillChunks {
  prefillChunk: number;
  /** In long prompts. */
  longPrefillChunk: number;
}

/** Puts the keys and values of known text into the cache, a chunk of rows at a time. */
export class Prefill {
  readonly #model: Transformer;
  readonly #activations: Activations;
  readonly #cache: Cache;
  readonly #queue: PacedQueue;
  /** Dispatches by the number of rows that they have room for. */
  readonly #plans: Map<number, Dispatch[]> = new Map();
  readonly #chunk: number;
  readonly #longChunk: number;

  /** Chunks have at most as many rows as the activations have room for. */
  constructor(
    model: Transformer,
    activations: Activations,
    cache: Cache,
    { prefillChunk, longPrefillChunk }: PrefillChunks,
  ) {
    this.#model = model;
    this.#activations = activations;
    this.#cache = cache;
    this.#queue = new PacedQueue(model.gpu, profileOf(model.gpu));
    this.#chunk = Math.min(prefillChunk, activations.batch.capacity);
    this.#longChunk = Math.min(longPrefillChunk, activations.batch.capacity);
  }

  /**
   * Reads `ids`, which stand at `position` and after: resolves when the last of the work has been
   * submitted. Returns how many of them the cache holds once the device is through: all, or those of
   * the finished chunks if the signal was aborted.
   */
  async read(
    ids: readonly number[],
    position: number,
    { signal, onProgress }: PrefillOptions = {},
  ): Promise<number> {
    let chunk = this.#chunkFor(ids.length);
    this.#queue.begin();
    for (let first = 0; first < ids.length;) {
      const rows = ids.slice(first, first + chunk)
        .map((id, i) => textRow(id, position + first + i));
      writeRows(this.#model.gpu, this.#activations.batch, rows);
      const isWhole = await this.#queue.submit(this.#planFor(chunk), {
        signal,
        onPortion: (part) => onProgress?.(first + Math.floor(part * rows.length)),
      });
      if (!isWhole) return first;
      first += rows.length;
      chunk = nextChunk(chunk, this.#queue.takeSlowest());
    }
    return ids.length;
  }

  /** The dispatches that read so many ids. */
  dispatchesFor(idCount: number): readonly Dispatch[] {
    return this.#planFor(this.#chunkFor(idCount));
  }

  /** Rows of the chunks in which so many ids are read. */
  #chunkFor(idCount: number): number {
    if (idCount <= SHORT_PROMPT) return Math.min(this.#chunk, SMALL_CHUNK);
    return idCount > LONG_PROMPT_CHUNKS * this.#chunk ? this.#longChunk : this.#chunk;
  }

  /** Forgets the dispatches, which name buffers of the cache as it was before it grew. */
  rebuild(): void {
    this.#plans.clear();
  }

  #planFor(rows: number): Dispatch[] {
    let plan = this.#plans.get(rows);
    if (!plan) {
      plan = [
        ...this.#model.embed(rows, this.#activations),
        ...this.#model.runLayers(rows, this.#activations, this.#cache, { text: true }),
      ];
      this.#plans.set(rows, plan);
    }
    return plan;
  }
}

/**
 * Rows of the chunk after one whose slowest dispatch took so many milliseconds. Far into a long text a
 * single attention takes longer than Ctrl-C should wait: fewer rows make it shorter.
 */
export function nextChunk(rows: number, milliseconds: number): number {
  if (milliseconds <= SLOW_MILLISECONDS || rows <= FEWEST_ROWS) return rows;
  return Math.max(FEWEST_ROWS, rows >> 1);
}

const SLOW_MILLISECONDS = 120;

/** Fewer rows are not worth it: products take as long for them. */
const FEWEST_ROWS = 16;

/**
 * Prompts of at most this many new tokens are read in small chunks: kernels for many rows take the
 * driver seconds to compile at their very first use, which a short prompt does not earn back.
 */
const SHORT_PROMPT = 24;
const SMALL_CHUNK = 4;

/** Prompts of more chunks than these are long, and earn back the kernels for more rows yet. */
const LONG_PROMPT_CHUNKS = 4;
