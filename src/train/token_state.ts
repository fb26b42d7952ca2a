import type { Llama } from "../model/llama.ts";
import { preparedStride, project, projectToResidual } from "../ops/matmul.ts";
import { padRows, type RowBatch } from "../ops/rows.ts";
import { addOuterProduct } from "../ops/train_optimizer.ts";
import { createTransposed, transpose } from "../ops/train_transpose.ts";
import { freeWeightMatrix, type WeightMatrix } from "../ops/weights.ts";
import type { Step } from "./steps.ts";
import type { TokenMaps } from "./transfer_weights.ts";

/**
 * The states s_{n+1} = A · h_n + U · g_{n+1} that maps start from when the token at position n + 1 is
 * chosen, g being its own state at a lower layer, and the way back through them.
 */
export class TokenState implements Disposable {
  /** [positions, hidden] f32: s_{n+1}. */
  readonly state: GPUBuffer;
  /** [positions, hidden] f32: g_{n+1}. */
  readonly next: GPUBuffer;
  readonly #model: Llama;
  readonly #length: number;
  readonly #maps: TokenMaps;
  /** A row for each position. */
  readonly #batch: RowBatch;
  /** Scratch for prepared rows that nobody reads. */
  readonly #prepared: GPUBuffer;
  readonly #stateGradient: GPUBuffer;
  readonly #transposed: WeightMatrix[];
  /** For each step the rows of its origins, as a batch that gathers them. */
  readonly #births: readonly RowBatch[];

  /** `births` names, for each of the steps, the rows that its maps made. */
  constructor(model: Llama, parts: {
    token: TokenMaps;
    maps: readonly WeightMatrix[];
    /** A row for each position. */
    batch: RowBatch;
    births: readonly RowBatch[];
  }) {
    const { gpu, config: { hiddenSize } } = model;
    const { token, maps, batch, births } = parts;
    const length = batch.capacity;
    const floats = (label: string, perRow: number) =>
      gpu.storage(label, 4 * perRow * padRows(length));
    this.#model = model;
    this.#maps = token;
    this.#length = length;
    this.#births = births;
    this.#batch = batch;
    this.state = floats("states with tokens", hiddenSize);
    this.next = floats("next states", hiddenSize);
    this.#prepared = floats("unread", preparedStride(hiddenSize));
    this.#stateGradient = floats("state gradient", hiddenSize);
    this.#transposed = maps.map((map) => createTransposed(gpu, map));
  }

  /** next [positions, hidden] = `states` one position later; the last stays as it is. */
  lookAhead(states: GPUBuffer): Step[] {
    const bytesPerRow = 4 * this.#model.config.hiddenSize;
    const byteLength = bytesPerRow * (this.#length - 1);
    return [{ source: states, sourceOffset: bytesPerRow, target: this.next, byteLength }];
  }

  /** state = entering · Aᵀ + next · Uᵀ. */
  forward(entering: GPUBuffer): Step[] {
    const { gpu } = this.#model;
    const rows = { batch: this.#batch, rowCount: this.#length };
    const { fromState, fromToken } = this.#maps;
    return [
      ...project(gpu, { ...rows, weights: fromState, input: entering, output: this.state }),
      ...projectToResidual(gpu, {
        ...rows,
        weights: fromToken,
        input: this.next,
        hidden: this.state,
        prepared: this.#prepared,
        nextNorm: this.#model.normBefore(0),
      }),
    ];
  }

  /**
   * With d_n = Σ_i W_iᵀ · (gradient of row (n, i)), the gradients of A and U, [hidden, hidden] each,
   * += Σ_n d_n · h_nᵀ and Σ_n d_n · g_{n+1}ᵀ.
   */
  backward(
    maps: readonly WeightMatrix[],
    hiddenGradient: GPUBuffer,
    entering: GPUBuffer,
    [fromState, fromToken]: readonly GPUBuffer[],
  ): Step[] {
    const { gpu, config: { hiddenSize: size } } = this.#model;
    const rowCount = this.#length;
    const from = (buffer: GPUBuffer) => ({ buffer, size, firstRow: 0 });
    const products = maps.flatMap((map, i) => {
      const inputs = {
        batch: this.#births[i],
        rowCount,
        weights: this.#transposed[i],
        input: hiddenGradient,
        gather: true,
      };
      const back = i === 0
        ? project(gpu, { ...inputs, output: this.#stateGradient })
        : projectToResidual(gpu, {
          ...inputs,
          hidden: this.#stateGradient,
          prepared: this.#prepared,
          nextNorm: this.#model.normBefore(0),
        });
      return [...transpose(gpu, map, this.#transposed[i]), ...back];
    });
    const add = (right: GPUBuffer, sums: GPUBuffer) => {
      const left = from(this.#stateGradient);
      return addOuterProduct(gpu, { left, right: from(right), count: rowCount, sums });
    };
    return [...products, add(entering, fromState), add(this.next, fromToken)];
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#model;
    for (const matrix of this.#transposed) freeWeightMatrix(gpu, matrix);
    gpu.free(this.state, this.next);
    gpu.free(this.#prepared, this.#stateGradient);
  }
}
