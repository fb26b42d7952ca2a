import type { Gpu } from "../gpu/gpu.ts";
import { type Dispatch, submit } from "../gpu/kernel.ts";
import { adam, ADAM_SETTINGS, packAdamSettings } from "../ops/train/optimizer.ts";

/** Everything that training changes, as numbers on the host, one array per parameter. */
export interface ParameterState {
  weights: Float32Array<ArrayBuffer>[];
  firstMoments: Float32Array<ArrayBuffer>[];
  secondMoments: Float32Array<ArrayBuffer>[];
}

/** Weights that are trained: f32, their number a multiple of 4. */
export interface Parameter {
  label: string;
  buffer: GPUBuffer;
}

/** Weights under training, with their gradients and Adam's moments; all of them zero at first. */
export class Parameters implements Disposable {
  /** One per parameter, of its length, f32; `update` clears them. */
  readonly gradients: readonly GPUBuffer[];
  /** Numbers of each parameter. */
  readonly lengths: readonly number[];
  readonly #gpu: Gpu;
  readonly #weights: readonly GPUBuffer[];
  readonly #firstMoments: readonly GPUBuffer[];
  readonly #secondMoments: readonly GPUBuffer[];
  readonly #settings: GPUBuffer;
  readonly #update: readonly Dispatch[];

  /** Takes the parameters' buffers over. */
  constructor(gpu: Gpu, parameters: readonly Parameter[]) {
    const alike = (kind: string) =>
      parameters.map(({ label, buffer }) => gpu.storage(`${kind} of ${label}`, buffer.size));
    this.#gpu = gpu;
    this.#weights = parameters.map(({ buffer }) => buffer);
    this.lengths = parameters.map(({ buffer }) => buffer.size / 4);
    this.gradients = alike("gradient");
    this.#firstMoments = alike("first moment");
    this.#secondMoments = alike("second moment");
    this.#settings = gpu.storage("optimizer settings", ADAM_SETTINGS.byteLength());
    this.#update = this.#weights.map((weights, i) =>
      adam(gpu, {
        length: this.lengths[i],
        settings: this.#settings,
        weights,
        gradient: this.gradients[i],
        firstMoment: this.#firstMoments[i],
        secondMoment: this.#secondMoments[i],
      })
    );
  }

  /** Queues a step of Adam; `step` counts from 1. */
  update(learningRate: number, step: number): void {
    this.#gpu.write(this.#settings, 0, packAdamSettings(learningRate, step));
    submit(this.#gpu, this.#update);
  }

  /** Reads everything back. */
  async read(): Promise<ParameterState> {
    const all = (buffers: readonly GPUBuffer[]) =>
      Promise.all(
        buffers.map(async (buffer) => new Float32Array(await this.#gpu.read(buffer))),
      );
    // Together: each wait for the device takes ten milliseconds at least.
    const [weights, firstMoments, secondMoments] = await Promise.all([
      all(this.#weights),
      all(this.#firstMoments),
      all(this.#secondMoments),
    ]);
    return { weights, firstMoments, secondMoments };
  }

  /** Queues writes of what is given. */
  write(state: Partial<ParameterState>): void {
    const put = (
      buffers: readonly GPUBuffer[],
      numbers: readonly Float32Array<ArrayBuffer>[] | undefined,
    ) => numbers?.forEach((values, i) => this.#gpu.write(buffers[i], 0, values));
    put(this.#weights, state.weights);
    put(this.#firstMoments, state.firstMoments);
    put(this.#secondMoments, state.secondMoments);
  }

  [Symbol.dispose](): void {
    this.#gpu.free(...this.#weights, ...this.gradients);
    this.#gpu.free(...this.#firstMoments, ...this.#secondMoments, this.#settings);
  }
}
