import type { Work } from "../../train/work.ts";
import type { Command } from "../../gpu/commands.ts";
import { PacedQueue } from "../../gpu/queues/paced_queue.ts";
import type { Activations } from "../../model/activations.ts";
import { type Cache, createCache, freeCache } from "../../model/cache.ts";
import type { Transformer } from "../../model/transformer.ts";
import { profileOf } from "../../ops/profiles.ts";
import { TextForward } from "../../train/passes/text_forward.ts";

/** The hidden states of texts on every layer of the model. */
export class TextStates implements Disposable {
  readonly model: Transformer;
  /** Most positions of a text. */
  readonly length: number;
  /** Its slots from `length` on, as many as were asked for, are free for rows that look at the text. */
  readonly cache: Cache;
  readonly #queue: PacedQueue;
  readonly #signal: AbortSignal | undefined;
  readonly #layers: readonly number[];
  readonly #text: TextForward;

  /** @param signal ends what is under way, see {@linkcode submit}. */
  constructor(
    model: Transformer,
    length: number,
    { freeSlots = 0, signal }: { freeSlots?: number } & Pick<Work, "signal"> = {},
  ) {
    this.model = model;
    this.length = length;
    this.#signal = signal;
    this.#queue = new PacedQueue(model.gpu, profileOf(model.gpu));
    this.cache = createCache(model, length + freeSlots, "f32");
    this.#layers = Array.from({ length: model.config.layerCount }, (_, layer) => layer);
    const { cache } = this;
    this.#text = new TextForward(model, {
      sequenceLength: length,
      cache,
      keptLayers: this.#layers,
    });
  }

  /** After `run`, of the text's rows, ready for the final norm. */
  get at(): Activations {
    return this.#text.at;
  }

  /**
   * Runs a text. Returns the hidden states entering each layer, [length, hidden] each, those that
   * leave the last layer after them. Rows beyond the text mean nothing.
   *
   * @throws the reason of the signal if that is aborted.
   */
  async run(tokens: readonly number[]): Promise<Float32Array[]> {
    const { gpu, config: { hiddenSize } } = this.model;
    this.#text.write(this.fill(tokens));
    await this.submit(this.#text.steps);
    const buffers = [...this.#layers.map((layer) => this.#text.entering(layer)), this.at.hidden];
    return await Promise.all(
      buffers.map((buffer) => gpu.readFloats(buffer, 0, this.length * hiddenSize)),
    );
  }

  /** The tokens of a text, and others up to `length`. */
  fill(tokens: readonly number[]): Uint32Array {
    const filled = new Uint32Array(this.length);
    filled.set(tokens);
    return filled;
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
    this.#text[Symbol.dispose]();
    freeCache(this.model.gpu, this.cache);
  }
}
