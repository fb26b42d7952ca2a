import type { Gpu } from "../gpu/gpu.ts";
import type { Llama } from "../model/llama.ts";
import {
  type Activations,
  type Cache,
  createActivations,
  createCache,
  freeActivations,
  freeCache,
} from "../model/transformer.ts";
import { transfer } from "../ops/matmul.ts";
import {
  createRowBatch,
  padRows,
  type Row,
  type RowBatch,
  textRow,
  writeRows,
} from "../ops/rows.ts";
import type { Loss } from "../ops/train_loss.ts";
import { addOuterProduct, type OuterSide } from "../ops/train_optimizer.ts";
import type { WeightMatrix } from "../ops/weights.ts";
import { type LayerTape, LlamaBackward } from "./llama_backward.ts";
import { gatherBatch, type LossChunk, LossRows } from "./loss_rows.ts";
import { type Step, submitSteps } from "./steps.ts";
import { TokenState } from "./token_state.ts";
import type { LossPass } from "./trainee.ts";
import type { TransferWeights } from "./transfer_weights.ts";

/** What a pass computes. */
export interface TransferPassOptions {
  /** t_1 ≤ … ≤ t_k. */
  layers: readonly number[];
  /** Layer up to which the token after a state is taken before U reads it; null without U. */
  tokenLayer: number | null;
  /** Tokens of a text. */
  sequenceLength: number;
  loss: Loss;
  /** Texts whose gradients are added up for one step of the optimizer. */
  batch: number;
  /** Precision of keys and values. */
  kv: "f16" | "f32";
  /** Bytes of logits that may exist at the same time; for tests. */
  logitBytes?: number;
}

/**
 * Sums for a regression from x_n to the state h_{n+distance} that enters a layer, where x_n is h_n, or h_n
 * and the token's lower state g_{n+1}; [hidden, hidden] f32 each.
 */
export interface Covariances {
  layer: number;
  distance: number;
  /** Σ x · xᵀ, part by part of x. */
  inputs: readonly (readonly GPUBuffer[])[];
  /** Σ h_{n+distance} · (part of x)ᵀ. */
  products: readonly GPUBuffer[];
}

/**
 * One text forward and back. Position n of the text gives k pseudo rows: row (n, i) enters layer t_i
 * as W_i · h_n, or as W_i · s_{n+1} if the token at position n + 1 is known, stands at position n + i, sees positions 0 … n of the text and the rows (n, 1 … i),
 * and is compared with the model's own distribution at position n + i.
 *
 * The text's rows have the cache slots 0 … T − 1; pseudo row (n, i) is row and slot (i − 1) · T + n
 * of those after them. Rows beyond the end of the text are computed and have no loss.
 */
export class TransferPass implements LossPass {
  readonly rows: LossRows;
  readonly trainingSteps: readonly Step[];
  readonly #model: Llama;
  readonly #gpu: Gpu;
  readonly #options: TransferPassOptions;
  readonly #text: Activations;
  readonly #pseudo: Activations;
  readonly #cache: Cache;
  readonly #backward: LlamaBackward;
  /** Pseudo rows by the number of steps that are under way. */
  readonly #batches: Map<number, RowBatch> = new Map();
  /** Hidden states of the text by the layer that they enter. */
  readonly #entering: Map<number, GPUBuffer> = new Map();
  /** If the maps start from states that know the next token. */
  readonly #token: TokenState | undefined;
  /** For each step, the rows that its map makes. */
  readonly #births: readonly RowBatch[];
  /** By layer; only of those that pseudo rows pass. */
  readonly #tapes: Map<number, LayerTape> = new Map();
  readonly #hiddenGradient: GPUBuffer;
  /** For each chunk of the loss, the pseudo rows that it gathers. */
  readonly #gathered: readonly RowBatch[];
  readonly #textSteps: Step[];
  readonly #forwardSteps: Step[];
  readonly #covarianceSteps: Map<readonly Covariances[], Step[]> = new Map();

  constructor(model: Llama, weights: TransferWeights, options: TransferPassOptions) {
    const { gpu } = model;
    const { layers, sequenceLength: length, kv } = options;
    const rowCount = layers.length * length;
    this.#model = model;
    this.#gpu = gpu;
    this.#options = options;
    this.#text = createActivations(model, { capacity: length, logitRows: 0, ancestorRoom: 1 });
    this.#pseudo = createActivations(model, {
      capacity: rowCount,
      logitRows: 0,
      ancestorRoom: layers.length,
    });
    this.#cache = createCache(model, length + rowCount, kv);
    this.#backward = new LlamaBackward(model, layers[0], rowCount);
    const words = (label: string, count: number) => gpu.storage(label, 4 * count);
    for (const layer of this.#keptLayers()) {
      const name = `text entering layer ${layer}`;
      this.#entering.set(layer, words(name, padRows(length) * model.config.hiddenSize));
    }
    for (let layer = layers[0]; layer < model.config.layerCount; layer++) {
      this.#tapes.set(layer, createTape(model, rowCount));
    }
    this.#hiddenGradient = words("hidden gradient", padRows(rowCount) * model.config.hiddenSize);
    this.rows = new LossRows(gpu, {
      ...options,
      steps: layers.length,
      vocabularySize: model.config.vocabSize,
    });
    this.#gathered = this.rows.chunks.map(({ rows }) =>
      gatherBatch(gpu, rows.map(({ step, origin }) => (step - 1) * length + origin))
    );
    for (const steps of new Set([1, ...layers.map((layer) => this.#stepsAt(layer))])) {
      this.#batches.set(steps, this.#createBatch(steps));
    }
    this.#births = layers.map((_, i) =>
      gatherBatch(gpu, Array.from({ length }, (_, n) => i * length + n))
    );
    if (weights.token) {
      if (new Set(layers).size > 1) {
        throw new RangeError(`a token map needs one layer for all steps, not ${layers}`);
      }
      const { token, maps } = weights;
      const { batch } = this.#text;
      this.#token = new TokenState(model, { token, maps, batch, births: this.#births });
    }
    this.#textSteps = this.#textForward();
    this.#forwardSteps = [...this.#textSteps, ...this.#forward(weights.maps)];
    this.trainingSteps = [...this.#forwardSteps, ...this.#back(weights)];
  }

  /** Queues the loss of a text of `sequenceLength` tokens, and its share of the gradients. */
  run(tokens: ArrayLike<number>, { withGradients }: { withGradients: boolean }): void {
    this.#writeText(tokens);
    const steps = withGradients ? this.trainingSteps : this.#forwardSteps;
    submitSteps(this.#gpu, steps, "transfer pass");
  }

  /** Queues the text's forward pass alone, and adds its sums over the positions in the text. */
  addCovariances(tokens: ArrayLike<number>, sums: readonly Covariances[]): void {
    this.#writeText(tokens);
    let steps = this.#covarianceSteps.get(sums);
    if (!steps) {
      steps = [...this.#lookAhead(), ...sums.flatMap((one) => this.#covariances(one))];
      this.#covarianceSteps.set(sums, steps);
    }
    submitSteps(this.#gpu, [...this.#textSteps, ...steps], "covariances");
  }

  #covariances({ layer, distance, inputs, products }: Covariances): Step[] {
    const size = this.#model.config.hiddenSize;
    const count = this.#options.sequenceLength - distance;
    const entering = { buffer: this.#entering.get(layer)!, size, firstRow: 0 };
    const next = this.#token && { buffer: this.#token.next, size, firstRow: 0 };
    const parts = [entering, ...(next && inputs.length > 1 ? [next] : [])];
    const add = (left: OuterSide, right: OuterSide, sums: GPUBuffer) =>
      addOuterProduct(this.#gpu, { left, right, count, sums });
    return parts.flatMap((right, column) => [
      ...parts.map((left, row) => add(left, right, inputs[row][column])),
      add({ ...entering, firstRow: distance }, right, products[column]),
    ]);
  }

  #writeText(tokens: ArrayLike<number>): void {
    const { sequenceLength } = this.#options;
    if (tokens.length !== sequenceLength) {
      throw new RangeError(`a text of ${tokens.length} tokens, expected ${sequenceLength}`);
    }
    const ids = Array.from(tokens);
    writeRows(this.#gpu, this.#text.batch, ids.map((id, position) => textRow(id, position)));
    this.rows.write(ids);
  }

  /** Layers on entering which the text's states are kept, in ascending order. */
  #keptLayers(): number[] {
    const { layers, tokenLayer } = this.#options;
    const all = tokenLayer === null ? layers : [tokenLayer, ...layers];
    return [...new Set(all)].sort((a, b) => a - b);
  }

  #lookAhead(): Step[] {
    const { tokenLayer } = this.#options;
    if (!this.#token || tokenLayer === null) return [];
    return this.#token.lookAhead(this.#entering.get(tokenLayer)!);
  }

  /** Number of steps whose rows pass the layer. */
  #stepsAt(layer: number): number {
    return this.#options.layers.filter((birth) => birth <= layer).length;
  }

  /** The text through all layers, with the states that the maps start from kept aside. */
  #textForward(): Step[] {
    const { sequenceLength: length } = this.#options;
    const { layerCount, hiddenSize } = this.#model.config;
    const births = [...this.#entering.keys()];
    const steps: Step[] = this.#model.embed(length, this.#text);
    const bounds = [0, ...births, layerCount];
    for (let i = 0; i + 1 < bounds.length; i++) {
      const [from, to] = [bounds[i], bounds[i + 1]];
      const target = this.#entering.get(from);
      if (target && i > 0) {
        const byteLength = 4 * hiddenSize * length;
        steps.push({ source: this.#text.hidden, target, byteLength });
      }
      steps.push(...this.#model.runLayers(length, this.#text, this.#cache, from, to));
    }
    return steps;
  }

  /** The pseudo rows from their births to the gradients of their logits, chunk by chunk. */
  #forward(maps: readonly WeightMatrix[]): Step[] {
    const { layers, sequenceLength: length } = this.#options;
    const { layerCount, hiddenSize } = this.#model.config;
    const steps: Step[] = this.#token
      ? [...this.#lookAhead(), ...this.#token.forward(this.#entering.get(layers[0])!)]
      : [];
    for (let layer = layers[0]; layer < layerCount; layer++) {
      layers.forEach((birth, i) => {
        if (birth === layer) steps.push(...this.#give(maps[i], i, layer));
      });
      const rowCount = this.#stepsAt(layer) * length;
      const tape = this.#tapes.get(layer)!;
      const at = {
        ...this.#pseudo,
        batch: this.#batches.get(this.#stepsAt(layer))!,
        queries: tape.queries,
        attended: tape.attended,
      };
      steps.push(
        { source: at.hidden, target: tape.hidden, byteLength: 4 * hiddenSize * rowCount },
        ...this.#model.runLayers(rowCount, at, this.#cache, layer, layer + 1),
      );
    }
    const loss = this.rows.chunks.flatMap((chunk, i) => this.#loss(chunk, this.#gathered[i]));
    return [...steps, ...loss];
  }

  /** [positions, hidden] f32: the states that the maps of a layer start from. */
  #origins(layer: number): GPUBuffer {
    return this.#token?.state ?? this.#entering.get(layer)!;
  }

  /** Births of step i + 1: hidden [i · T …] = state of each position · mapᵀ. */
  #give(map: WeightMatrix, i: number, layer: number): Step[] {
    const { sequenceLength: length } = this.#options;
    return transfer(this.#gpu, {
      batch: this.#batches.get(1)!,
      width: this.#model.config.hiddenSize,
      rowCount: length,
      weights: map,
      input: this.#origins(layer),
      hidden: this.#pseudo.hidden,
      prepared: this.#pseudo.prepared,
      nextNorm: this.#model.normBefore(layer),
      firstRow: i * length,
    });
  }

  /** Logits of some positions and of the pseudo rows that stand there, and back through the head. */
  #loss(chunk: LossChunk, pseudoBatch: RowBatch): Step[] {
    const { textBatch, baseLogits, logits, rows, positions } = chunk;
    const gather = { gather: true };
    const text = { ...this.#text, batch: textBatch, logits: baseLogits };
    const pseudo = { ...this.#pseudo, batch: pseudoBatch, logits };
    return [
      ...this.#model.logits(positions, text, gather),
      ...this.#model.logits(rows.length, pseudo, gather),
      this.rows.loss(chunk),
      ...this.#backward.head(pseudoBatch, rows.length, {
        logitsGradient: logits,
        hidden: this.#pseudo.hidden,
        hiddenGradient: this.#hiddenGradient,
      }),
    ];
  }

  /** Down the layers; the gradient of a map is complete where its rows were born. */
  #back({ maps, parameters: { gradients } }: TransferWeights): Step[] {
    const { layers, sequenceLength: length } = this.#options;
    const { layerCount, hiddenSize: size } = this.#model.config;
    const steps: Step[] = [];
    for (let layer = layerCount - 1; layer >= layers[0]; layer--) {
      const under = this.#stepsAt(layer);
      const rows = {
        batch: this.#batches.get(under)!,
        rowCount: under * length,
        origins: length,
      };
      steps.push(...this.#backward.layer(layer, rows, {
        tape: this.#tapes.get(layer)!,
        cache: this.#cache,
        hiddenGradient: this.#hiddenGradient,
      }));
      layers.forEach((birth, i) => {
        if (birth !== layer) return;
        steps.push(addOuterProduct(this.#gpu, {
          left: { buffer: this.#hiddenGradient, size, firstRow: i * length },
          right: { buffer: this.#origins(layer), size, firstRow: 0 },
          count: length,
          sums: gradients[i],
        }));
      });
    }
    if (!this.#token) return steps;
    const entering = this.#entering.get(layers[0])!;
    const last = gradients.slice(maps.length);
    return [...steps, ...this.#token.backward(maps, this.#hiddenGradient, entering, last)];
  }

  /** The pseudo rows of the first steps. A row's token names the position that it comes from. */
  #createBatch(steps: number): RowBatch {
    const { layers, sequenceLength: length } = this.#options;
    const batch = createRowBatch(this.#gpu, steps * length, layers.length);
    const rows = Array.from({ length: steps * length }, (_, index): Row => {
      const [i, n] = [Math.floor(index / length) + 1, index % length];
      const ancestors = Array.from({ length: i }, (_, j) => length + j * length + n);
      // Rows beyond the text have no loss; they stay where there are rotations.
      const position = Math.min(n + i, this.#model.contextLength - 1);
      return { token: n, position, slot: length + index, prefix: n + 1, ancestors };
    });
    writeRows(this.#gpu, batch, rows);
    return batch;
  }

  [Symbol.dispose](): void {
    const gpu = this.#gpu;
    this.rows[Symbol.dispose]();
    this.#backward[Symbol.dispose]();
    this.#token?.[Symbol.dispose]();
    freeActivations(gpu, this.#text);
    freeActivations(gpu, this.#pseudo);
    freeCache(gpu, this.#cache);
    const batches = [
      ...this.#batches.values(),
      ...this.#births,
      ...this.#gathered,
    ];
    for (const { rows, ancestors } of batches) gpu.free(rows, ancestors);
    for (const tape of this.#tapes.values()) gpu.free(...Object.values(tape));
    gpu.free(...this.#entering.values(), this.#hiddenGradient);
  }
}

function createTape({ gpu, config }: Llama, rowCount: number): LayerTape {
  const { hiddenSize, headCount, headDim } = config;
  const floats = (label: string, perRow: number) =>
    gpu.storage(`tape ${label}`, 4 * perRow * padRows(rowCount));
  return {
    hidden: floats("hidden", hiddenSize),
    queries: floats("queries", headCount * headDim),
    attended: floats("attended", headCount * headDim),
  };
}
