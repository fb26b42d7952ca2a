import type { Llama } from "../model/llama.ts";
import { preparedStride, project, projectToResidual } from "../ops/matmul.ts";
import { createRowBatch, padRows, type RowBatch, textRow, writeRows } from "../ops/rows.ts";
import { addOuterProduct } from "../ops/train_optimizer.ts";
import { createTransposed, transpose } from "../ops/train_transpose.ts";
import { freeWeightMatrix, type WeightMatrix } from "../ops/weights.ts";
import type { Step } from "./steps.ts";

/**
 * The states s_n = h_n + U · e_{n+1} that maps start from when the token at position n + 1 is known,
 * e being its embedding, and the way back through them.
 */
export class TokenState implements Disposable {
  /** [positions, hidden] f32: s_n. */
  readonly state: GPUBuffer;
  readonly #model: Llama;
  readonly #length: number;
  readonly #map: WeightMatrix;
  /** The token that follows each position. */
  readonly #next: RowBatch;
  readonly #embedded: GPUBuffer;
  /** Scratch for prepared rows that nobody reads. */
  readonly #prepared: GPUBuffer;
  readonly #stateGradient: GPUBuffer;
  readonly #transposed: WeightMatrix[];
  /** For each step the rows of its origins, as a batch that gathers them. */
  readonly #births: readonly RowBatch[];

  /** `births` names, for each of the steps, the rows that its maps made. */
  constructor(model: Llama, parts: {
    /** U, [hidden, hidden]. */
    token: WeightMatrix;
    maps: readonly WeightMatrix[];
    length: number;
    births: readonly RowBatch[];
  }) {
    const { gpu, config: { hiddenSize } } = model;
    const { token, maps, length, births } = parts;
    const floats = (label: string, perRow: number) =>
      gpu.storage(label, 4 * perRow * padRows(length));
    this.#model = model;
    this.#map = token;
    this.#length = length;
    this.#births = births;
    this.#next = createRowBatch(gpu, length, 1);
    this.state = floats("states with tokens", hiddenSize);
    this.#embedded = floats("embedded", hiddenSize);
    this.#prepared = floats("unread", preparedStride(hiddenSize));
    this.#stateGradient = floats("state gradient", hiddenSize);
    this.#transposed = maps.map((map) => createTransposed(gpu, map));
  }

  /** Says which text is meant. */
  write(tokens: ArrayLike<number>): void {
    const next = [...Array.from(tokens).slice(1), 0];
    writeRows(this.#model.gpu, this.#next, next.map((id, position) => textRow(id, position)));
  }

  /** embedded [positions, hidden] = e_{n+1}. */
  embed(text: Parameters<Llama["embed"]>[1]): Step[] {
    const to = { ...text, batch: this.#next, hidden: this.#embedded, prepared: this.#prepared };
    return this.#model.embed(this.#length, to);
  }

  /** [positions, hidden] f32: e_{n+1}. */
  get embedded(): GPUBuffer {
    return this.#embedded;
  }

  /** state = entering + embedded · Uᵀ. */
  forward(entering: GPUBuffer): Step[] {
    const byteLength = 4 * this.#model.config.hiddenSize * this.#length;
    return [
      { source: entering, target: this.state, byteLength },
      ...projectToResidual(this.#model.gpu, {
        batch: this.#next,
        rowCount: this.#length,
        weights: this.#map,
        input: this.#embedded,
        hidden: this.state,
        prepared: this.#prepared,
        nextNorm: this.#model.normBefore(0),
      }),
    ];
  }

  /** gradient [hidden, hidden] of U += Σ_n (Σ_i W_iᵀ · gradient of row (n, i)) · e_{n+1}ᵀ. */
  backward(
    maps: readonly WeightMatrix[],
    hiddenGradient: GPUBuffer,
    gradient: GPUBuffer,
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
    const [left, right] = [from(this.#stateGradient), from(this.#embedded)];
    return [...products, addOuterProduct(gpu, { left, right, count: rowCount, sums: gradient })];
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#model;
    for (const matrix of this.#transposed) freeWeightMatrix(gpu, matrix);
    gpu.free(this.#next.rows, this.#next.ancestors, this.state, this.#embedded);
    gpu.free(this.#prepared, this.#stateGradient);
  }
}
