import type { Safetensors } from "../../format/safetensors/safetensors.ts";
import type { StoredMatrix } from "./stored_matrix.ts";

/** Where a matrix is looked for. */
export interface MatrixPlace {
  tensors: Safetensors;
  /** Name of the module that has the matrix, such as "model.layers.0.mlp.down_proj". */
  module: string;
  /** Rows of the whole matrix, and their length. */
  rows: number;
  inner: number;
  /** Matrices of a stack that stand below each other as this one; undefined if it stands by itself. */
  stack?: number | undefined;
}

/** Name of the module that has the matrix of a tensor "X.weight". */
export function moduleOf(tensor: string): string {
  return tensor.replace(/\.weight$/, "");
}

/** How the weights of a model are quantised. */
export interface Quantization {
  /** In a few words, for people. */
  readonly summary: string;
  /**
   * Whether those who quantised the model quantise activations too, which is not done here: what is
   * computed differs a little from what they evaluated.
   */
  readonly areActivationsQuantised?: boolean;
  /**
   * What is done to weights while they are loaded, which tells the model from the one in its files;
   * undefined where they are taken as they lie.
   */
  readonly onLoad?: string;
  /**
   * The matrix of a module, or null if its weights are floats.
   * @throws DataError if its tensors are not what the configuration says.
   */
  open(place: MatrixPlace): StoredMatrix | null;
  /** Throws a DataError if the configuration says something of modules that are none of these. */
  requireModules?(modules: ReadonlySet<string>): void;
}
