import type { Command } from "../../gpu/commands.ts";
import type { Dispatch } from "../../gpu/kernel.ts";
import { PacedQueue } from "../../gpu/paced_queue.ts";
import { type Activations, createActivations, freeActivations } from "../../model/activations.ts";
import { type Cache, createCache, freeCache } from "../../model/cache.ts";
import type { Transformer } from "../../model/transformer.ts";
import { profileOf } from "../../ops/profiles.ts";
import { textRow, writeRows } from "../../ops/rows.ts";
import { LayerStates } from "./layer_states.ts";

/** The hidden states of texts on every layer of the model. */
export class TextStates implements Disposable {
  readonly model: Transformer;
  /** Most positions of a text. */
  readonly length: number;
  /** Its slots from `length` on are free for rows that look at the text. */
  readonly cache: Cache;
  /** After `run`, of the text's rows, ready for the final norm. */
  readonly at: Activations;
  readonly #queue: PacedQueue;
  readonly #signal: AbortSignal | undefined;
  readonly #states: LayerStates;
  readonly #pass: readonly Dispatch[];

  /** @param signal ends what is under way, see {@linkcode submit}. */
  constructor(
    model: Transformer,
    length: number,
    freeSlots: number,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ) {
    this.model = model;
    this.length = length;
    this.#signal = signal;
    this.#queue = new PacedQueue(model.gpu, profileOf(model.gpu));
    this.cache = createCache(model, length + freeSlots, "f32");
    this.at = createActivations(model, { capacity: length, logitRows: 0, ancestorRoom: 1 });
    this.#states = new LayerStates(model, length);
    const onLayer = this.#states.observer(length);
    this.#pass = [
      ...model.embed(length, this.at),
      ...model.runLayers(length, this.at, this.cache, 0, model.config.layerCount, { onLayer }),
    ];
  }

  /**
   * Runs a text. Returns the hidden states entering each layer, [length, hidden] each, those that
   * leave the last layer after them. Rows beyond the text mean nothing.
   *
   * @throws the reason of the signal if that is aborted.
   */
  async run(tokens: readonly number[]): Promise<Float32Array[]> {
    const { model: { gpu }, at, length } = this;
    writeRows(gpu, at.batch, tokens.map((token, position) => textRow(token, position)));
    await this.submit(this.#pass);
    return await this.#states.read(length);
  }

  /**
   * Submits work on the text in portions, between which Ctrl-C is heard.
   * @throws the reason of the signal if that is aborted.
   */
  async submit(commands: readonly Command[]): Promise<void> {
    this.#queue.begin();
    await this.#queue.submit(commands, { signal: this.#signal });
    this.#signal?.throwIfAborted();
  }

  [Symbol.dispose](): void {
    freeActivations(this.model.gpu, this.at);
    freeCache(this.model.gpu, this.cache);
    this.#states[Symbol.dispose]();
  }
}
