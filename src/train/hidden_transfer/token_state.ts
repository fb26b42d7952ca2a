import type { ChosenTokenMaps } from "../../draft/hidden_transfer/transfer_maps.ts";
import type { Transformer } from "../../model/transformer.ts";
import { embed } from "../../ops/products/embed.ts";
import { project, projectToResidual } from "../../ops/products/matmul.ts";
import { preparedStride } from "../../ops/products/product_input.ts";
import {
  createNames,
  createRowBatch,
  padRows,
  type RowBatch,
  textRow,
  writeRows,
} from "../../ops/rows.ts";
import { addOuterProduct } from "../../ops/train/optimizer.ts";
import { createTransposed, transpose } from "../../ops/train/transpose.ts";
import { freeWeightMatrix, type WeightMatrix } from "../../ops/products/weights.ts";
import { copyRowsAt } from "../passes/origins.ts";
import type { Command } from "../../gpu/commands.ts";

/** What the states are made of. */
export interface TokenStateParts {
  /** A row for each origin. */
  batch: RowBatch;
  /** Positions of the origins. */
  origins: readonly number[];
  /** T: tokens of a text. */
  sequenceLength: number;
  /** [origins, hidden] f32: h, the text's states there that enter the layer where rows enter. */
  entering: GPUBuffer;
  /** [positions, hidden] f32: g, what the lowest layers make of each token alone; undefined without U. */
  contextFree: GPUBuffer | undefined;
  /** A, and U or U · g. */
  token: ChosenTokenMaps;
  /** W_1 … W_k. */
  maps: readonly WeightMatrix[];
}

/**
 * The states s_{n+1} = A · h_n + U · g_{n+1} that maps start from when the token at position n + 1 is
 * chosen, and the way back through them.
 */
export class TokenState implements Disposable {
  /** [origins, hidden] f32: s_{n+1}. The last position, which has no next, makes what nobody reads. */
  readonly state: GPUBuffer;
  /** [positions, hidden] f32: g_{n+1}. */
  readonly next: GPUBuffer;
  readonly #model: Transformer;
  /** [origins, hidden] f32: g_{n+1}. */
  readonly #nextAtOrigins: GPUBuffer;
  readonly #parts: TokenStateParts;
  /** Scratch for prepared rows that nobody reads. */
  readonly #prepared: GPUBuffer;
  /** [origins, hidden] f32: d_n. */
  readonly #stateGradient: GPUBuffer;
  /** W_1ᵀ … W_kᵀ. */
  readonly #transposed: readonly WeightMatrix[];
  /** A row for each origin, of the token after it. */
  readonly #nextTokens: RowBatch;
  /** For each step the rows that its map makes, step after step, as a batch that gathers them. */
  readonly #entering: readonly RowBatch[];

  constructor(model: Transformer, parts: TokenStateParts) {
    const { gpu, config: { hiddenSize } } = model;
    const { maps, batch: { capacity: count }, sequenceLength } = parts;
    const floats = (label: string, perRow: number, rows = count) =>
      gpu.storage(label, 4 * perRow * padRows(rows));
    this.#model = model;
    this.#parts = parts;
    this.state = floats("states with tokens", hiddenSize);
    this.next = floats("next states", hiddenSize, sequenceLength);
    this.#nextAtOrigins = floats("next states of origins", hiddenSize);
    this.#prepared = floats("unread", preparedStride(hiddenSize));
    this.#stateGradient = floats("state gradient", hiddenSize);
    this.#nextTokens = createRowBatch(gpu, count, 1);
    this.#transposed = maps.map((map) => createTransposed(gpu, map));
    this.#entering = maps.map((_, i) =>
      createNames(gpu, Array.from({ length: count }, (_, o) => i * count + o))
    );
  }

  /** Queues the tokens of the text that the steps are for. */
  write(tokens: ArrayLike<number>): void {
    const next = this.#parts.origins.map((n) => textRow(tokens[n + 1] ?? 0, n));
    writeRows(this.#model.gpu, this.#nextTokens, next);
  }

  /** next [positions, hidden] = g one position later; the last stays as it is. */
  lookAhead(): Command[] {
    const { contextFree: source, sequenceLength } = this.#parts;
    const bytesPerRow = 4 * this.#width;
    const byteLength = bytesPerRow * (sequenceLength - 1);
    return source ? [{ source, sourceOffset: bytesPerRow, target: this.next, byteLength }] : [];
  }

  /** state = next · Uᵀ + h · Aᵀ. */
  forward(): Command[] {
    const { batch, entering, token: { fromState: weights } } = this.#parts;
    const ofState = {
      ...{ batch, rowCount: batch.capacity, weights, input: entering },
      ...this.#unprepared(this.state),
    };
    return [...this.#known(), ...projectToResidual(this.#model.gpu, ofState)];
  }

  /** state = what is known of the next tokens in any text. */
  #known(): Command[] {
    const { gpu } = this.#model;
    const { batch, origins, token: { fromToken, states } } = this.#parts;
    const rowCount = batch.capacity;
    if (states) {
      const to = { batch: this.#nextTokens, rowCount, ...this.#unprepared(this.state) };
      return embed(gpu, { ...to, embedding: states });
    }
    const [weights, input] = [fromToken.map, this.#nextAtOrigins];
    return [
      ...this.lookAhead(),
      ...copyRowsAt(origins, { source: this.next, target: input, width: this.#width }),
      ...project(gpu, { batch, rowCount, weights, input, output: this.state }),
    ];
  }

  /**
   * With d_n = Σ_i W_iᵀ · (gradient with respect to row (n, i)), the gradients of A and U, [hidden, hidden] each,
   * += Σ_n d_n · h_nᵀ and Σ_n d_n · g_{n+1}ᵀ. `hiddenGradient` [steps · origins, hidden] is that by
   * the rows as they entered.
   */
  backward(hiddenGradient: GPUBuffer, [fromState, fromToken]: readonly GPUBuffer[]): Command[] {
    return [
      ...this.#parts.maps.flatMap((map, i) => this.#backThrough(map, i, hiddenGradient)),
      this.#addProducts(this.#parts.entering, fromState),
      this.#addProducts(this.#nextAtOrigins, fromToken),
    ];
  }

  /** d [origins, hidden] = or, after the first map, += the gradient of its rows · W_i. */
  #backThrough(map: WeightMatrix, i: number, hiddenGradient: GPUBuffer): Command[] {
    const { gpu } = this.#model;
    const weights = this.#transposed[i];
    const inputs = {
      batch: this.#entering[i],
      rowCount: this.#parts.batch.capacity,
      weights,
      input: hiddenGradient,
      gather: true,
    };
    const product = i === 0
      ? project(gpu, { ...inputs, output: this.#stateGradient })
      : projectToResidual(gpu, { ...inputs, ...this.#unprepared(this.#stateGradient) });
    return [...transpose(gpu, map, weights), ...product];
  }

  /** sums [hidden, hidden] += Σ_n d_n · right_nᵀ. */
  #addProducts(right: GPUBuffer, sums: GPUBuffer): Command {
    const { gpu } = this.#model;
    const size = this.#width;
    const rowsOf = (buffer: GPUBuffer) => ({ buffer, size, firstRow: 0 });
    const left = rowsOf(this.#stateGradient);
    return addOuterProduct(gpu, {
      left,
      right: rowsOf(right),
      count: this.#parts.batch.capacity,
      sums,
    });
  }

  /** Numbers of a state. */
  get #width(): number {
    return this.#model.config.hiddenSize;
  }

  /** A sum that no norm comes after. */
  #unprepared(hidden: GPUBuffer) {
    return { hidden, prepared: this.#prepared, nextNorm: this.#model.normBefore(0) };
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#model;
    for (const matrix of this.#transposed) freeWeightMatrix(gpu, matrix);
    for (const { rows, ancestors } of [this.#nextTokens, ...this.#entering]) {
      gpu.free(rows, ancestors);
    }
    gpu.free(this.state, this.next, this.#nextAtOrigins);
    gpu.free(this.#prepared, this.#stateGradient);
  }
}
