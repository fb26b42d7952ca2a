import type { ChosenTokenMaps, TransferMaps } from "../../draft/hidden_transfer/transfer_maps.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import type { WeightMatrix } from "../../ops/products/weights.ts";
import { Parameters } from "../parameters.ts";
import { trainedMatrix } from "../trained_matrix.ts";

/** What pseudo rows are made with: the maps W_1 … W_k, their layers, and A with U or U · g if there are any. */
export type PseudoMaps = Pick<TransferMaps, "maps" | "layers" | "token">;

/** Where the maps under training enter, and what they start from. */
export interface TransferWeightsShape {
  hiddenSize: number;
  /** t_1 ≤ … ≤ t_k. */
  layers: readonly number[];
  /** Layer up to which the token after a state is taken, alone, before U reads it; null without A and U. */
  tokenLayer: number | null;
}

/** The maps W_1 … W_k, and A and U if the chosen token is known, under training. */
export class TransferWeights implements PseudoMaps, Disposable {
  /** [hidden, hidden] f32 each. */
  readonly maps: readonly WeightMatrix[];
  readonly layers: readonly number[];
  /** A and U: what makes the state of the chosen token from the one before and from the token. */
  readonly token?: ChosenTokenMaps;
  /** W_1 … W_k, then A and U if there are any. */
  readonly parameters: Parameters;

  /** All zero. */
  constructor(gpu: Gpu, { hiddenSize, layers, tokenLayer }: TransferWeightsShape) {
    const labels = layers.map((_, i) => `transfer map ${i + 1}`);
    if (tokenLayer !== null) labels.push("map from the state before", "map from the token");
    const size = { columns: hiddenSize, inner: hiddenSize };
    const all = labels.map((label) => trainedMatrix(gpu, label, size));
    this.layers = layers;
    this.maps = all.slice(0, layers.length).map(({ matrix }) => matrix);
    const [fromState, fromToken] = all.slice(layers.length).map(({ matrix }) => matrix);
    if (tokenLayer !== null) {
      this.token = { fromState, fromToken: { map: fromToken, layer: tokenLayer } };
    }
    this.parameters = new Parameters(gpu, all);
  }

  [Symbol.dispose](): void {
    this.parameters[Symbol.dispose]();
  }
}
