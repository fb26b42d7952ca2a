import type { Dispatch } from "../gpu/kernel.ts";
import type { Activations } from "../model/activations.ts";
import type { Cache } from "../model/cache.ts";
import { readCache, writeCache } from "../model/cache_content.ts";
import { textWork } from "../model/text_work.ts";
import type { Transformer } from "../model/transformer.ts";
import { makeRoom } from "./cache_room.ts";
import { Prefill, type PrefillChunks } from "./prefill.ts";
import { sharedLength } from "./shared_length.ts";
import type { CachedText, DecodeRequest } from "./types.ts";

/** The text whose keys and values are in the cache, from position 0 on. */
export class TextCache {
  readonly #model: Transformer;
  readonly #cache: Cache;
  readonly #prefill: Prefill;
  #ids: readonly number[] = [];

  /** Prompts are read in chunks of so many rows. */
  constructor(model: Transformer, activations: Activations, cache: Cache, chunks: PrefillChunks) {
    this.#model = model;
    this.#cache = cache;
    this.#prefill = new Prefill(model, activations, cache, chunks);
  }

  /** The text with its keys and values, as it is now. */
  get text(): CachedText {
    const ids = this.#ids;
    return { ids, layers: (tokens = ids.length) => readCache(this.#model, this.#cache, tokens) };
  }

  /** Steps have written the keys and values of these ids, which begin with the prompt that was read. */
  holds(ids: readonly number[]): void {
    this.#ids = ids;
  }

  /** Takes a text over, for which there must be room, see {@linkcode Decoder.restore}. */
  async restore(text: CachedText): Promise<void> {
    this.#ids = [];
    await writeCache(this.#model, this.#cache, text.ids.length, text.layers());
    this.#ids = [...text.ids];
  }

  /**
   * Puts a prompt but for its last token into the cache, as far as that is not there already; an aborted
   * signal ends it between two chunks. The last token counts as computed with the others. There must be
   * room for the prompt.
   */
  async read(
    { promptIds, signal, onPrompt }: DecodeRequest,
  ): Promise<{ reused: number; computed: number }> {
    const missing = this.missing(promptIds);
    const known = promptIds.length - 1 - missing.length;
    this.#ids = promptIds.slice(0, known);
    const work = (tokens: number) => textWork(this.#model.config, known + tokens);
    const partOf = (tokens: number) => (work(tokens) - work(0)) / (work(missing.length) - work(0));
    const done = await this.#prefill.read(missing, known, {
      signal,
      onProgress: (done) => onPrompt?.(done, missing.length, partOf(done)),
    });
    this.#ids = promptIds.slice(0, known + done);
    return { reused: known, computed: done === missing.length ? done + 1 : done };
  }

  /** What of a prompt is not in the cache, but for its last token. */
  missing(promptIds: readonly number[]): readonly number[] {
    const known = sharedLength(promptIds.slice(0, -1), this.#ids);
    return promptIds.slice(known, -1);
  }

  /** The dispatches that read so many tokens of a prompt. */
  dispatchesFor(tokens: number): readonly Dispatch[] {
    return this.#prefill.dispatchesFor(tokens);
  }

  /**
   * Has room for a text of so many positions. Whether the cache grew for that: dispatches that were made
   * with it must then be made again.
   */
  makeRoom(positions: number): boolean {
    const grew = makeRoom(this.#model, this.#cache, positions);
    if (grew) this.#prefill.rebuild();
    return grew;
  }
}
