import { type Dispatch, submit } from "../../src/gpu/kernel.ts";
import {
  type Activations,
  type ActivationSizes,
  createActivations,
  freeActivations,
  streamRow,
} from "../../src/model/activations.ts";
import { type Cache, createCache, freeCache } from "../../src/model/cache.ts";
import { type LayerSkips, NO_SKIPS } from "../../src/model/layer_skips.ts";
import type { Transformer } from "../../src/model/transformer.ts";
import { outputStride } from "../../src/ops/products/matmul.ts";
import { STREAM_IN_PLACE } from "../../src/ops/residual_stream.ts";
import { type Row, textRow, writeRows } from "../../src/ops/rows.ts";

/** A model with a cache, whose logits can be had for any rows. */
export class Forward implements Disposable {
  readonly model: Transformer;
  readonly activations: Activations;
  readonly room: ActivationSizes = {
    capacity: 64,
    logitRows: 64,
    ancestorRoom: 64,
    streamMoves: 3,
  };
  readonly cache: Cache;
  readonly #skips: LayerSkips;

  /** Batches of up to 64 rows that all have logits, over a cache of `slots`. */
  constructor(
    model: Transformer,
    slots: number,
    kv: "f16" | "f32" = "f32",
    skips: LayerSkips = NO_SKIPS,
  ) {
    this.model = model;
    this.#skips = skips;
    this.activations = createActivations(model, this.room);
    this.cache = createCache(model, slots, kv);
  }

  /**
   * Logits [rows, vocabSize] after one pass over the rows. `layers` says where the pass is cut: each
   * part is submitted by itself, and unless parts of layers are left out the stream moves on with it.
   */
  async run(
    rows: readonly Row[],
    layers: readonly number[] = [this.model.config.layerCount],
  ): Promise<Float32Array> {
    const { model: { gpu, config }, activations } = this;
    writeRows(gpu, activations.batch, rows);
    submit(gpu, this.model.embed(rows.length, activations, 0, this.#skips));
    layers.forEach((to, part) => {
      const from = layers[part - 1] ?? 0;
      submit(gpu, this.#layers(rows.length, from, to, part));
    });
    submit(gpu, this.model.logits(rows.length, activations));
    const stride = outputStride(config.vocabSize);
    const padded = await gpu.readFloats(activations.logits, 0, rows.length * stride);
    const logits = new Float32Array(rows.length * config.vocabSize);
    for (let row = 0; row < rows.length; row++) {
      const own = padded.subarray(row * stride, row * stride + config.vocabSize);
      logits.set(own, row * config.vocabSize);
    }
    return logits;
  }

  /** Logits of a text from its first position on, in batches of `chunk` tokens. */
  async runText(ids: readonly number[], chunk = 64): Promise<Float32Array> {
    const logits = new Float32Array(ids.length * this.model.config.vocabSize);
    for (let first = 0; first < ids.length; first += chunk) {
      const rows = ids.slice(first, first + chunk).map((id, i) => textRow(id, first + i));
      logits.set(await this.run(rows), first * this.model.config.vocabSize);
    }
    return logits;
  }

  #layers(rowCount: number, from: number, to: number, part: number): Dispatch[] {
    const skips = this.#skips;
    const row = (moves: number) => streamRow(this.room, Math.max(0, moves));
    const stream = skips === NO_SKIPS ? { from: row(part - 1), to: row(part) } : STREAM_IN_PLACE;
    return this.model.runLayers(rowCount, this.activations, this.cache, {
      from,
      to,
      skips,
      stream,
    });
  }

  [Symbol.dispose](): void {
    freeActivations(this.model.gpu, this.activations);
    freeCache(this.model.gpu, this.cache);
  }
}
