import type { Gpu } from "../gpu/gpu.ts";
import { submit } from "../gpu/kernel.ts";
import { adam, packAdamSettings } from "../ops/train_optimizer.ts";
import { createWeightMatrix, type WeightMatrix } from "../ops/weights.ts";

/** Everything that training changes, as numbers on the host: [hidden, hidden] f32 per step. */
export interface TransferState {
  maps: Float32Array<ArrayBuffer>[];
  firstMoments: Float32Array<ArrayBuffer>[];
  secondMoments: Float32Array<ArrayBuffer>[];
}

/** The maps W_1 … W_k on the GPU with their gradients and Adam's moments. */
export class TransferWeights implements Disposable {
  readonly steps: number;
  /** [hidden, hidden] f32 each. */
  readonly maps: readonly WeightMatrix[];
  /** [hidden, hidden] f32 each; `update` clears them. */
  readonly gradients: readonly GPUBuffer[];
  readonly #gpu: Gpu;
  readonly #firstMoments: readonly GPUBuffer[];
  readonly #secondMoments: readonly GPUBuffer[];
  readonly #settings: GPUBuffer;

  /** All zero. */
  constructor(gpu: Gpu, hiddenSize: number, steps: number) {
    const perStep = <T>(make: (step: number) => T) =>
      Array.from({ length: steps }, (_, i) => make(i + 1));
    const square = (name: string) => (step: number) =>
      gpu.storage(`${name} ${step}`, 4 * hiddenSize ** 2);
    this.#gpu = gpu;
    this.steps = steps;
    this.maps = perStep((step) => {
      const size = { columns: hiddenSize, inner: hiddenSize };
      const shape = { ...size, format: "F32", order: "columns" } as const;
      const map = createWeightMatrix(gpu, `transfer map ${step}`, shape);
      if (map.slices.length > 1) {
        throw new RangeError(`${gpu.name} cannot bind a map of ${4 * hiddenSize ** 2} bytes`);
      }
      return map;
    });
    this.gradients = perStep(square("map gradient"));
    this.#firstMoments = perStep(square("first moment"));
    this.#secondMoments = perStep(square("second moment"));
    this.#settings = gpu.storage("optimizer settings", 16);
  }

  /** Queues a step of Adam; `step` counts from 1. */
  update(learningRate: number, step: number): void {
    this.#gpu.write(this.#settings, 0, packAdamSettings(learningRate, step));
    const dispatches = this.maps.map((map, i) =>
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
    return this.maps.map(({ slices }) => slices[0].buffer);
  }

  [Symbol.dispose](): void {
    this.#gpu.free(...this.#mapBuffers(), ...this.gradients);
    this.#gpu.free(...this.#firstMoments, ...this.#secondMoments, this.#settings);
  }
}
