import { submit } from "../../gpu/kernel.ts";
import { type Activations, createActivations, freeActivations } from "../../model/activations.ts";
import { type Cache, createCache, freeCache } from "../../model/cache.ts";
import type { Transformer } from "../../model/transformer.ts";
import { textRow, writeRows } from "../../ops/rows.ts";

/** A text's way through the model, looked at on every layer. */
export class TextStates implements Disposable {
  readonly model: Transformer;
  /** Most positions of a text. */
  readonly length: number;
  /** Its slots from `length` on are free for rows that look at the text. */
  readonly cache: Cache;
  /** After `run`, of the text's rows, ready for the final norm. */
  readonly at: Activations;

  constructor(model: Transformer, length: number, freeSlots: number) {
    this.model = model;
    this.length = length;
    this.cache = createCache(model, length + freeSlots, "f32");
    this.at = createActivations(model, { capacity: length, logitRows: 0, ancestorRoom: 1 });
  }

  /**
   * Runs a text. Returns the hidden states entering each layer, [length, hidden] each, those that
   * leave the last layer after them.
   */
  async run(tokens: readonly number[]): Promise<Float32Array[]> {
    const { model, at, cache, length } = this;
    const { gpu, config: { layerCount, hiddenSize } } = model;
    writeRows(gpu, at.batch, tokens.map((token, position) => textRow(token, position)));
    submit(gpu, model.embed(length, at));
    const read = () => gpu.readFloats(at.hidden, 0, length * hiddenSize);
    const states = [await read()];
    for (let layer = 0; layer < layerCount; layer++) {
      submit(gpu, model.runLayers(length, at, cache, layer, layer + 1));
      states.push(await read());
    }
    return states;
  }

  [Symbol.dispose](): void {
    freeActivations(this.model.gpu, this.at);
    freeCache(this.model.gpu, this.cache);
  }
}
