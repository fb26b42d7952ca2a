import type { Gpu } from "../gpu/gpu.ts";
import { submit } from "../gpu/kernel.ts";
import { adam, packAdamSettings } from "../ops/train_optimizer.ts";
import { createWeightMatrix, type WeightMatrix } from "../ops/weights.ts";

/** Everything that training changes, as numbers on the host: [hidden, hidden] f32 per matrix. */
export interface TransferState {
  /** W_1 … W_k, and U last if there is one. */
  maps: Float32Array<ArrayBuffer>[];
  firstMoments: Float32Array<ArrayBuffer>[];
  secondMoments: Float32Array<ArrayBuffer>[];
}

/** The maps W_1 … W_k, and U if there is one, on the GPU with their gradients and Adam's moments. */
export class TransferWeights implements Disposable {
  /** [hidden, hidden] f32 each. */
  readonly maps: readonly WeightMatrix[];
  /** U: what the next token's embedding adds to a state; [hidden, hidden] f32. */
  readonly token: WeightMatrix | undefined;
  /** [hidden, hidden] f32 each, that of U last; `update` clears them. */
  readonly gradients: readonly GPUBuffer[];
  readonly #gpu: Gpu;
  readonly #all: readonly WeightMatrix[];
  readonly #firstMoments: readonly GPUBuffer[];
  readonly #secondMoments: readonly GPUBuffer[];
  readonly #settings: GPUBuffer;

  /** All zero. */
  constructor(gpu: Gpu, hiddenSize: number, steps: number, options: { withToken: boolean }) {
    const names = Array.from({ length: steps }, (_, i) => `transfer map ${i + 1}`);
    if (options.withToken) names.push("token map");
    const squares = (kind: string) =>
      names.map((name) => gpu.storage(`${kind} of ${name}`, 4 * hiddenSize ** 2));
    const all = names.map((name) => {
      const size = { columns: hiddenSize, inner: hiddenSize };
      const map = createWeightMatrix(gpu, name, { ...size, format: "F32", order: "columns" });
      if (map.slices.length > 1) {
        throw new RangeError(`${gpu.name} cannot bind a map of ${4 * hiddenSize ** 2} bytes`);
      }
      return map;
    });
    this.#gpu = gpu;
    this.#all = all;
    this.maps = all.slice(0, steps);
    this.token = all[steps];
    this.gradients = squares("gradient");
    this.#firstMoments = squares("first moment");
    this.#secondMoments = squares("second moment");
    this.#settings = gpu.storage("optimizer settings", 16);
  }

  /** Queues a step of Adam; `step` counts from 1. */
  update(learningRate: number, step: number): void {
    this.#gpu.write(this.#settings, 0, packAdamSettings(learningRate, step));
    const dispatches = this.#all.map((map, i) =>
      adam(this.#gpu, {
        length: map.columns * map.inner,
        settings: this.#settings,
        weights: map.slices[0].buffer,
        gradient: this.gradients[i],
        firstMoment: this.#firstMoments[i],
        secondMoment: this.#secondMoments[i],
      })
    );
    submit(this.#gpu, dispatches);
  }

  /** Reads everything back. */
  async read(): Promise<TransferState> {
    const all = async (buffers: readonly GPUBuffer[]) => {
      const numbers: Float32Array<ArrayBuffer>[] = [];
      for (const buffer of buffers) numbers.push(new Float32Array(await this.#gpu.read(buffer)));
      return numbers;
    };
    return {
      maps: await all(this.#mapBuffers()),
      firstMoments: await all(this.#firstMoments),
      secondMoments: await all(this.#secondMoments),
    };
  }

  /** Queues writes of what is given. */
  write(state: Partial<TransferState>): void {
    const put = (buffers: readonly GPUBuffer[], numbers: TransferState["maps"] | undefined) =>
      numbers?.forEach((values, i) => this.#gpu.write(buffers[i], 0, values));
    put(this.#mapBuffers(), state.maps);
    put(this.#firstMoments, state.firstMoments);
    put(this.#secondMoments, state.secondMoments);
  }

  #mapBuffers(): GPUBuffer[] {
    return this.#all.map(({ slices }) => slices[0].buffer);
  }

  [Symbol.dispose](): void {
    this.#gpu.free(...this.#mapBuffers(), ...this.gradients);
    this.#gpu.free(...this.#firstMoments, ...this.#secondMoments, this.#settings);
  }
}
