import { NoNumberError } from "../../../decode/faults.ts";
import type { Gpu } from "../../../gpu/gpu.ts";
import { addOuterProduct } from "../../../ops/train/optimizer.ts";
import { type RegressionOptions, ridgeRegression } from "./regression.ts";
import type { Command } from "../../../gpu/commands.ts";

/** What is to be found from what, in each text. */
export interface Relation {
  /** Parts of the input x_n, [positions, size] f32 each. */
  inputs: readonly GPUBuffer[];
  /** [positions, size] f32: the target of x_n is row n + distance. */
  targets: GPUBuffer;
  distance: number;
  /** Positions of a text, more than the distance by two or more. */
  length: number;
  /** Numbers of a state; a multiple of 8. */
  size: number;
}

/**
 * First position that takes part. The state of the very first one, on which attention rests, is often a
 * hundred times as long as all others: its square would outweigh the rest of the text.
 */
const FIRST = 1;

/** Sums over the positions of all texts for a linear regression of targets on inputs. */
export class Covariances implements Disposable {
  /** Adds the text whose states the buffers hold. */
  readonly steps: readonly Command[];
  readonly #gpu: Gpu;
  readonly #size: number;
  /** Σ x · xᵀ, [size, size] f32 for each pair of parts. */
  readonly #inputs: readonly (readonly GPUBuffer[])[];
  /** Σ target · xᵀ, [size, size] f32 for each part. */
  readonly #products: readonly GPUBuffer[];

  /** All zero. */
  constructor(gpu: Gpu, { inputs, targets, distance, length, size }: Relation) {
    const square = () => gpu.storage("covariance", 4 * size ** 2);
    const rows = (buffer: GPUBuffer, firstRow: number) => ({ buffer, size, firstRow });
    const count = length - FIRST - distance;
    this.#gpu = gpu;
    this.#size = size;
    this.#inputs = inputs.map(() => inputs.map(square));
    this.#products = inputs.map(square);
    this.steps = inputs.flatMap((part, column) => [
      ...inputs.map((other, row) =>
        addOuterProduct(gpu, {
          left: rows(other, FIRST),
          right: rows(part, FIRST),
          count,
          sums: this.#inputs[row][column],
        })
      ),
      addOuterProduct(gpu, {
        left: rows(targets, FIRST + distance),
        right: rows(part, FIRST),
        count,
        sums: this.#products[column],
      }),
    ]);
  }

  /**
   * The matrix [size, parts · size] that comes closest to targets from inputs; see `ridgeRegression`.
   * @throws RangeError if the inputs do not span their space, NoNumberError if the model's states are no
   * numbers; the signal's reason if it is aborted.
   */
  async solve(ridge: number, options: RegressionOptions = {}): Promise<Float32Array<ArrayBuffer>> {
    const inputs = await this.#read(this.#inputs);
    const products = await this.#read([this.#products]);
    if (!inputs.every(Number.isFinite)) throw new NoNumberError();
    const size = this.#products.length * this.#size;
    return await ridgeRegression(inputs, products, { size, ridge, ...options });
  }

  /** Matrices [size, size] beside and below each other as one. */
  async #read(blocks: readonly (readonly GPUBuffer[])[]): Promise<Float32Array> {
    const size = this.#size;
    const width = blocks[0].length * size;
    const whole = new Float32Array(blocks.length * size * width);
    for (const [down, blocksBeside] of blocks.entries()) {
      for (const [across, block] of blocksBeside.entries()) {
        const numbers = await this.#gpu.readFloats(block);
        for (let row = 0; row < size; row++) {
          const target = (down * size + row) * width + across * size;
          whole.set(numbers.subarray(row * size, (row + 1) * size), target);
        }
      }
    }
    return whole;
  }

  [Symbol.dispose](): void {
    this.#gpu.free(...this.#inputs.flat(), ...this.#products);
  }
}
