import type { Gpu } from "../gpu/gpu.ts";
import type { WeightMatrix } from "../ops/weights.ts";
import { Parameters } from "./parameters.ts";
import { trainedMatrix } from "./trained_matrix.ts";

/** The maps W_1 … W_k, and U if there is one, under training. */
export class TransferWeights implements Disposable {
  /** [hidden, hidden] f32 each. */
  readonly maps: readonly WeightMatrix[];
  /** U: what the next token's embedding adds to a state; [hidden, hidden] f32. */
  readonly token: WeightMatrix | undefined;
  /** W_1 … W_k, and U last if there is one. */
  readonly parameters: Parameters;

  /** All zero. */
  constructor(gpu: Gpu, hiddenSize: number, steps: number, options: { withToken: boolean }) {
    const labels = Array.from({ length: steps }, (_, i) => `transfer map ${i + 1}`);
    if (options.withToken) labels.push("token map");
    const size = { columns: hiddenSize, inner: hiddenSize };
    const all = labels.map((label) => trainedMatrix(gpu, label, size));
    this.maps = all.slice(0, steps).map(({ matrix }) => matrix);
    this.token = all[steps]?.matrix;
    this.parameters = new Parameters(gpu, all);
  }

  [Symbol.dispose](): void {
    this.parameters[Symbol.dispose]();
  }
}
