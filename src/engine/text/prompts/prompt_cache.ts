/** A decoder's cache on disk. */

import type { CachedText, Decoder } from "../../../decode/types.ts";
import { hostTurn } from "../../../gpu/queues/turn.ts";
import {
  type CacheOrigin,
  isFree,
  openPromptCache,
  writePromptCache,
} from "../../../format/prompt_cache.ts";

/** What was kept of a text. */
export interface KeptText {
  /** Positions whose keys and values are in the file. */
  tokens: number;
  /** Size of the file. */
  bytes: number;
}

/** What goes on while keys and values are written or read. */
export interface LayerOptions {
  /** Hears how many layers are through, and how many there are. */
  onProgress?: (done: number, total: number) => void;
  /** Ends it: the promise is rejected with the signal's reason. */
  signal?: AbortSignal;
}

/** Writes what a decoder has in its cache, and puts it back. */
export class PromptCache {
  readonly #decoder: () => Decoder;
  readonly #findOrigin: () => Promise<CacheOrigin>;
  #origin: Promise<CacheOrigin> | undefined;

  /** @param origin of what the decoder computes; asked for at the first use. */
  constructor(decoder: () => Decoder, origin: () => Promise<CacheOrigin>) {
    this.#decoder = decoder;
    this.#findOrigin = origin;
  }

  /** Ids of the text that the decoder has in its cache. */
  get ids(): readonly number[] {
    return this.#decoder().cached.ids;
  }

  /**
   * Keeps the text in a file, whole or not at all; null if there is none.
   *
   * @param options.tokens how many of its ids are kept; all if left out.
   * @throws DataError if a file of another kind stands in the way.
   * @throws Deno.errors of the file system.
   */
  async save(
    path: string,
    { tokens, ...options }: LayerOptions & { tokens?: number } = {},
  ): Promise<KeptText | null> {
    const origin = await (this.#origin ??= this.#findOrigin());
    const { cached } = this.#decoder();
    const ids = cached.ids.slice(0, tokens);
    if (ids.length === 0) return null;
    const layers = watched(cached.layers(ids.length), origin, options);
    await writePromptCache(path, origin, { ids, layers });
    return { tokens: ids.length, bytes: (await Deno.stat(path)).size };
  }

  /**
   * Puts the text of a file into the decoder's cache, as much of it as fits. Returns its tokens; null if
   * there is no such file, or an empty one.
   *
   * @throws NoInputError if it cannot be read, DataError if it is malformed or was made by another model,
   * device or number format. The cache is then empty, or as it was.
   */
  async load(path: string, options: LayerOptions = {}): Promise<number | null> {
    if (await isFree(path)) return null;
    const origin = await (this.#origin ??= this.#findOrigin());
    using stored = await openPromptCache(path, origin);
    const decoder = this.#decoder();
    const ids = stored.ids.slice(0, decoder.contextLength);
    const layers = () => watched(stored.layers(ids.length), origin, options);
    await decoder.restore({ ids, layers });
    return ids.length;
  }
}

async function* watched(
  layers: ReturnType<CachedText["layers"]>,
  { layerCount }: CacheOrigin,
  { onProgress, signal }: LayerOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let done = 0;
  for await (const layer of layers) {
    await hostTurn();
    signal?.throwIfAborted();
    yield layer;
    onProgress?.(++done, layerCount);
  }
}
