import type { KnownOfToken, TransferMaps } from "../../draft/hidden_transfer/transfer_maps.ts";
import { type Activations, createActivations, freeActivations } from "../../model/activations.ts";
import { ContextFreeStates } from "../../model/context_free_states.ts";
import type { Transformer } from "../../model/transformer.ts";
import { embed } from "../../ops/products/embed.ts";
import { outputStride, project, transfer } from "../../ops/products/matmul.ts";
import {
  createRowBatch,
  padRows,
  type Row,
  type RowBatch,
  textRow,
  writeRows,
} from "../../ops/rows.ts";
import type { WeightMatrix } from "../../ops/products/weights.ts";
import { LayerStates } from "./layer_states.ts";
import type { TextStates } from "./text_states.ts";

/** Which pseudo rows a pseudo row sees: those of earlier steps and itself, or itself alone. */
export type SeenKeys = "earlier" | "itself";

/**
 * The states of pseudo rows by layer, from the first entry layer on: [steps · length, hidden] entering
 * it; those that leave the last layer come under the number of layers.
 */
export type StatesByLayer = ReadonlyMap<number, Float32Array>;

/**
 * Pseudo rows of all positions of a text at once: row (i − 1) · length + n is that of step i from
 * position n. It enters its entry layer t_i as W_i · h_n, or as W_i · (A · h_n + U · g_{n+1}) where the
 * maps know the next token, has the position n + i, and sees the text up to n and the rows of n of the
 * steps up to i.
 */
export class PseudoStates implements Disposable {
  /** After `run`, ready for the final norm. */
  readonly at: Activations;
  readonly #text: TextStates;
  readonly #model: Transformer;
  readonly #maps: TransferMaps;
  readonly #states: LayerStates;
  /** Rows by the number of steps that have entered; their tokens name the origins. */
  readonly #batches: ReadonlyMap<number, RowBatch>;
  /** The same rows as attention sees them if each sees itself alone of the pseudo rows. */
  readonly #alone: ReadonlyMap<number, RowBatch>;
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
    const batches = (rowAt: (i: number, n: number) => Row) =>
      new Map([...sizes].map((size) => [size, this.#createBatch(size, rowAt)]));
    this.#batches = batches((i, n) => this.#rowAt(i, n));
    this.#alone = batches((i, n) => this.#aloneAt(i, n));
    this.#states = new LayerStates(model, steps * length);
    this.#input = gpu.storage("rows", 4 * hiddenSize * padRows(length));
    this.#output = gpu.storage("products", 4 * outputStride(hiddenSize) * padRows(length));
  }

  /**
   * Runs the pseudo rows of the text that ran last.
   *
   * @param tokens of the text.
   * @param states of the text, see {@linkcode TextStates.run}.
   * @param sees which pseudo rows each of them sees.
   */
  async run(
    tokens: readonly number[],
    states: readonly Float32Array[],
    sees: SeenKeys = "earlier",
  ): Promise<StatesByLayer> {
    const { layers, maps } = this.#maps;
    const entryLayers = [...new Set(layers)];
    for (const [i, layer] of entryLayers.entries()) {
      await this.#enter(layer, await this.#originsAt(layer, tokens, states));
      const next = entryLayers[i + 1] ?? this.#model.config.layerCount;
      await this.#runLayers(layer, next, sees);
    }
    const found = await this.#states.read(maps.length * this.#text.length, layers[0]);
    return new Map(found.map((some, i) => [layers[0] + i, some]));
  }

  /** Runs the rows that have entered through layers between which no step enters. */
  async #runLayers(from: number, to: number, sees: SeenKeys): Promise<void> {
    const { length, cache } = this.#text;
    const steps = this.#stepsAt(from);
    const seen = sees === "itself" ? this.#alone.get(steps)! : undefined;
    const at = { ...this.at, batch: this.#batches.get(steps)!, seen };
    const onLayer = this.#states.observer(steps * length);
    await this.#text.submit(
      this.#model.runLayers(steps * length, at, cache, from, to, { onLayer }),
    );
  }

  /** Makes the states of the steps that enter at a layer. */
  async #enter(layer: number, origins: Float32Array): Promise<void> {
    const { gpu } = this.#model;
    const { length } = this.#text;
    gpu.write(this.#input, 0, Float32Array.from(origins));
    const entering = this.#maps.maps.map((weights, i) => ({ weights, i }))
      .filter(({ i }) => this.#maps.layers[i] === layer);
    await this.#text.submit(entering.flatMap(({ weights, i }) =>
      transfer(gpu, {
        batch: this.#batches.get(1)!,
        rowCount: length,
        weights,
        input: this.#input,
        hidden: this.at.hidden,
        prepared: this.at.prepared,
        nextNorm: this.#model.normBefore(layer),
        firstRow: i * length,
        width: this.#model.config.hiddenSize,
      })
    ));
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
    const fromToken = await this.#knownOf(token, tokens.slice(1));
    return fromState.map((x, i) => x + (fromToken[i] ?? 0));
  }

  /** U · g of the tokens. */
  async #knownOf(
    { states, fromToken }: KnownOfToken,
    tokens: readonly number[],
  ): Promise<Float32Array> {
    if (states) return await this.#statesOf(states, tokens);
    const { gpu, config: { hiddenSize } } = this.#model;
    const { map, layer } = fromToken;
    using alone = new ContextFreeStates(this.#model, { count: tokens.length, layer });
    alone.write(tokens);
    await this.#text.submit(alone.dispatches);
    const alike = await gpu.readFloats(alone.at.hidden, 0, tokens.length * hiddenSize);
    return await this.#product(map, alike);
  }

  /** The tokens' rows of a matrix [vocabulary, hidden]. */
  async #statesOf(states: WeightMatrix, tokens: readonly number[]): Promise<Float32Array> {
    const { gpu, config: { hiddenSize } } = this.#model;
    const { at } = this; // Free until the steps enter, which is at one layer for such maps.
    const batch = this.#tokens;
    writeRows(gpu, batch, tokens.map((token, position) => textRow(token, position)));
    await this.#text.submit(
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
    await this.#text.submit(project(gpu, { batch, rowCount, weights, input, output }));
    return await gpu.readFloats(output, 0, rowCount * hiddenSize);
  }

  /** Number of steps whose rows pass the layer. */
  #stepsAt(layer: number): number {
    return this.#maps.layers.filter((entryLayer) => entryLayer <= layer).length;
  }

  #createBatch(steps: number, rowAt: (i: number, n: number) => Row): RowBatch {
    const { gpu } = this.#model;
    const { length } = this.#text;
    const batch = createRowBatch(gpu, steps * length, this.#maps.maps.length);
    const rows = Array.from(
      { length: steps * length },
      (_, index) => rowAt(Math.floor(index / length) + 1, index % length),
    );
    writeRows(gpu, batch, rows);
    return batch;
  }

  #slotAt(i: number, n: number): number {
    return i * this.#text.length + n;
  }

  /** The row of step i from position n. */
  #rowAt(i: number, n: number): Row {
    const ancestors = Array.from({ length: i }, (_, j) => this.#slotAt(j + 1, n));
    // Rows beyond the end mean nothing; they stay where there are rotations.
    const position = Math.min(n + i, this.#model.contextLength - 1);
    return { token: n, position, slot: this.#slotAt(i, n), prefix: n + 1, ancestors };
  }

  /**
   * The same row as attention sees it without the steps before it: its own key follows the text. On
   * layers with a window it sees i − 1 positions of the text more than at its own position.
   */
  #aloneAt(i: number, n: number): Row {
    const slot = this.#slotAt(i, n);
    return { token: n, position: n + 1, slot, prefix: n + 1, ancestors: [slot] };
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#model;
    freeActivations(gpu, this.at);
    const batches = [this.#tokens, ...this.#batches.values(), ...this.#alone.values()];
    for (const { rows, ancestors } of batches) gpu.free(rows, ancestors);
    this.#states[Symbol.dispose]();
    gpu.free(this.#input, this.#output);
  }
}
