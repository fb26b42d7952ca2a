import type { TransferMaps } from "../../draft/hidden_transfer/transfer_maps.ts";
import { submit } from "../../gpu/kernel.ts";
import { type Activations, createActivations, freeActivations } from "../../model/activations.ts";
import type { Transformer } from "../../model/transformer.ts";
import { embed } from "../../ops/embed.ts";
import { outputStride, project, transfer } from "../../ops/matmul.ts";
import {
  createRowBatch,
  padRows,
  type Row,
  type RowBatch,
  textRow,
  writeRows,
} from "../../ops/rows.ts";
import type { WeightMatrix } from "../../ops/weights.ts";
import { runWithOwnAttention, type SeenKeys } from "./own_attention.ts";
import type { TextStates } from "./text_states.ts";

/** What the pseudo rows of a text became. */
export interface PseudoRun {
  /** By layer, from the first birth on: states [steps · length, hidden] entering it; the last ones leave it. */
  states: Map<number, Float32Array>;
}

/**
 * Pseudo rows of all positions of a text at once: row (i − 1) · length + n is that of step i from
 * position n. It enters layer t_i as W_i · h_n, or W_i · (A · h_n + U · g_{n+1}) where the maps know the next token,
 * stands at position n + i, and sees the text up to n and the rows of n of the steps up to i.
 */
export class PseudoStates implements Disposable {
  /** After `run`, ready for the final norm. */
  readonly at: Activations;
  readonly #text: TextStates;
  readonly #model: Transformer;
  readonly #maps: TransferMaps;
  /** Rows by the number of steps that are under way; their tokens name the origins. */
  readonly #batches: ReadonlyMap<number, RowBatch>;
  /** The text's tokens. */
  readonly #tokens: RowBatch;
  /** [length, hidden] f32: what is multiplied with a matrix, and what comes of it. */
  readonly #input: GPUBuffer;
  readonly #output: GPUBuffer;

  /** The text's cache needs `length` free slots for each step. */
  constructor(text: TextStates, maps: TransferMaps) {
    const { model, length } = text;
    const { gpu, config: { hiddenSize } } = model;
    const steps = maps.maps.length;
    this.#text = text;
    this.#model = model;
    this.#maps = maps;
    this.at = createActivations(model, {
      capacity: steps * length,
      logitRows: 0,
      ancestorRoom: steps,
    });
    this.#tokens = createRowBatch(gpu, length, 1);
    const sizes = new Set([1, ...maps.layers.map((layer) => this.#stepsAt(layer))]);
    this.#batches = new Map([...sizes].map((size) => [size, this.#createBatch(size)]));
    this.#input = gpu.storage("rows", 4 * hiddenSize * padRows(length));
    this.#output = gpu.storage("products", 4 * outputStride(hiddenSize) * padRows(length));
  }

  /**
   * Runs the pseudo rows of the text that ran last.
   *
   * @param tokens of the text.
   * @param states of the text, see {@linkcode TextStates.run}.
   * @param sees whether rows see those of earlier steps, or of all pseudo rows themselves alone.
   */
  async run(
    tokens: readonly number[],
    states: readonly Float32Array[],
    sees: SeenKeys = "earlier",
  ): Promise<PseudoRun> {
    const { gpu, config: { layerCount, hiddenSize } } = this.#model;
    const { length, cache } = this.#text;
    const { layers, maps } = this.#maps;
    const run: PseudoRun = { states: new Map() };
    const rowCount = maps.length * length;
    const keep = async (layer: number) => {
      run.states.set(layer, await gpu.readFloats(this.at.hidden, 0, rowCount * hiddenSize));
    };
    for (let layer = layers[0]; layer < layerCount; layer++) {
      if (layers.includes(layer)) {
        this.#give(layer, await this.#originsAt(layer, tokens, states));
      }
      await keep(layer);
      const steps = this.#stepsAt(layer);
      const at = { ...this.at, batch: this.#batches.get(steps)! };
      const layerCache = cache.layers[layer];
      const dispatches = this.#model.runLayers(steps * length, at, cache, layer, layer + 1);
      if (sees === "earlier") submit(gpu, dispatches);
      else await runWithOwnAttention(this.#model, dispatches, at, layerCache, this.#seen(steps));
    }
    await keep(layerCount);
    return run;
  }

  /** Births at a layer: the states of the steps that enter there. */
  #give(layer: number, origins: Float32Array): void {
    const { gpu } = this.#model;
    const { length } = this.#text;
    gpu.write(this.#input, 0, Float32Array.from(origins));
    this.#maps.layers.forEach((birth, i) => {
      if (birth !== layer) return;
      submit(
        gpu,
        transfer(gpu, {
          batch: this.#batches.get(1)!,
          rowCount: length,
          weights: this.#maps.maps[i],
          input: this.#input,
          hidden: this.at.hidden,
          prepared: this.at.prepared,
          nextNorm: this.#model.normBefore(layer),
          firstRow: i * length,
          width: this.#model.config.hiddenSize,
        }),
      );
    });
  }

  /** What the maps of a layer start from, [length, hidden]: h_n, or A · h_n + U · g_{n+1}. */
  async #originsAt(
    layer: number,
    tokens: readonly number[],
    states: readonly Float32Array[],
  ): Promise<Float32Array> {
    const { token } = this.#maps;
    if (!token) return states[layer];
    const fromState = await this.#product(token.fromState, states[layer]);
    const fromToken = await this.#statesOf(token.states, tokens.slice(1));
    return fromState.map((x, i) => x + (fromToken[i] ?? 0));
  }

  /** The tokens' rows of a matrix [vocabulary, hidden]. */
  async #statesOf(states: WeightMatrix, tokens: readonly number[]): Promise<Float32Array> {
    const { gpu, config: { hiddenSize } } = this.#model;
    const { at } = this; // Not born yet.
    const batch = this.#tokens;
    writeRows(gpu, batch, tokens.map((token, position) => textRow(token, position)));
    submit(
      gpu,
      embed(gpu, {
        batch,
        rowCount: tokens.length,
        embedding: states,
        nextNorm: this.#model.normBefore(0),
        hidden: at.hidden,
        prepared: at.prepared,
      }),
    );
    return await gpu.readFloats(at.hidden, 0, tokens.length * hiddenSize);
  }

  /** rows · weightsᵀ, [length, hidden]. */
  async #product(weights: WeightMatrix, rows: Float32Array): Promise<Float32Array> {
    const { gpu, config: { hiddenSize } } = this.#model;
    const { length: rowCount } = this.#text;
    gpu.write(this.#input, 0, Float32Array.from(rows));
    const batch = this.#batches.get(1)!;
    const [input, output] = [this.#input, this.#output];
    submit(gpu, project(gpu, { batch, rowCount, weights, input, output }));
    return await gpu.readFloats(output, 0, rowCount * hiddenSize);
  }

  /** Number of steps whose rows pass the layer. */
  #stepsAt(layer: number): number {
    return this.#maps.layers.filter((birth) => birth <= layer).length;
  }

  #createBatch(steps: number): RowBatch {
    const { gpu, contextLength } = this.#model;
    const { length } = this.#text;
    const batch = createRowBatch(gpu, steps * length, this.#maps.maps.length);
    const rows = Array.from({ length: steps * length }, (_, index): Row => {
      const [i, n] = [Math.floor(index / length) + 1, index % length];
      const ancestors = Array.from({ length: i }, (_, j) => length + j * length + n);
      // Rows beyond the end mean nothing; they stay where there are rotations.
      const position = Math.min(n + i, contextLength - 1);
      return { token: n, position, slot: length + index, prefix: n + 1, ancestors };
    });
    writeRows(gpu, batch, rows);
    return batch;
  }

  /** The slots that each row sees if it sees no other pseudo row. */
  #seen(steps: number): number[][] {
    const { length } = this.#text;
    return Array.from({ length: steps * length }, (_, index) => {
      const prefix = Array.from({ length: index % length + 1 }, (_, slot) => slot);
      return [...prefix, length + index];
    });
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#model;
    freeActivations(gpu, this.at);
    for (const { rows, ancestors } of [this.#tokens, ...this.#batches.values()]) {
      gpu.free(rows, ancestors);
    }
    gpu.free(this.#input, this.#output);
  }
}
