import type { Gpu } from "../../gpu/gpu.ts";
import type { WeightMatrix } from "../../ops/products/weights.ts";
import { Parameters } from "../parameters.ts";
import { trainedMatrix } from "../trained_matrix.ts";

/** The maps that estimate the state s of the chosen token: s = A · h + U · g. */
export type TokenMaps =
  & {
    /** A [hidden, hidden], from the state h of the position before at the same layer. */
    fromState: WeightMatrix;
  }
  & (
    | {
      /** U [hidden, hidden], from what the lowest layers make of the token alone, g. */
      fromToken: WeightMatrix;
      states?: never;
    }
    | {
      fromToken?: never;
      /** U · g of every token, [vocabulary, hidden]. */
      states: WeightMatrix;
    }
  );

/** What pseudo rows are made with. */
export interface PseudoMaps {
  /** W_1 … W_k. */
  readonly maps: readonly WeightMatrix[];
  /** If they start from states that know the next token. */
  readonly token?: TokenMaps | undefined;
}

/** The maps W_1 … W_k, and A and U if the chosen token is known, under training. */
export class TransferWeights implements PseudoMaps, Disposable {
  /** [hidden, hidden] f32 each. */
  readonly maps: readonly WeightMatrix[];
  /** A and U: what makes the state of the chosen token from the one before and from the token. */
  readonly token: TokenMaps | undefined;
  /** W_1 … W_k, then A and U if there are any. */
  readonly parameters: Parameters;

  /** All zero. */
  constructor(gpu: Gpu, hiddenSize: number, steps: number, options: { withToken: boolean }) {
    const labels = Array.from({ length: steps }, (_, i) => `transfer map ${i + 1}`);
    if (options.withToken) labels.push("map from the state before", "map from the token");
    const size = { columns: hiddenSize, inner: hiddenSize };
    const all = labels.map((label) => trainedMatrix(gpu, label, size));
    this.maps = all.slice(0, steps).map(({ matrix }) => matrix);
    const [fromState, fromToken] = all.slice(steps);
    this.token = fromState && { fromState: fromState.matrix, fromToken: fromToken.matrix };
    this.parameters = new Parameters(gpu, all);
  }

  [Symbol.dispose](): void {
    this.parameters[Symbol.dispose]();
  }
}
