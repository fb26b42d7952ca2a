import type { LayerObserver, Transformer } from "../../model/transformer.ts";
import { copyRows } from "../../ops/drafting/in_pass_rows.ts";

/** Copies of the hidden states of a pass's rows, made by an observer of its layers. */
export class LayerStates implements Disposable {
  readonly #model: Transformer;
  /** By layer: [rows, hidden] f32, the states entering it; those that leave the last come last. */
  readonly #buffers: readonly GPUBuffer[];

  /** Room for the states of `rows` rows. */
  constructor(model: Transformer, rows: number) {
    const { gpu, config: { layerCount, hiddenSize } } = model;
    this.#model = model;
    this.#buffers = Array.from(
      { length: layerCount + 1 },
      (_, layer) => gpu.storage(`states entering layer ${layer}`, 4 * hiddenSize * rows),
    );
  }

  /** Copies the states of the batch's rows, of which there are at most `rowCount`, on every layer. */
  observer(rowCount: number): LayerObserver {
    const { gpu, config: { hiddenSize: width } } = this.#model;
    return (layer, { batch, hidden: source }) => [
      copyRows(gpu, { batch, rowCount, width, source, kept: this.#buffers[layer] }),
    ];
  }

  /** The latest states from layer `first` on, [rowCount, hidden] each. */
  async read(rowCount: number, first = 0): Promise<Float32Array[]> {
    const { gpu, config: { hiddenSize } } = this.#model;
    const reads = this.#buffers.slice(first)
      .map((buffer) => gpu.readFloats(buffer, 0, rowCount * hiddenSize));
    return await Promise.all(reads);
  }

  [Symbol.dispose](): void {
    this.#model.gpu.free(...this.#buffers);
  }
}
