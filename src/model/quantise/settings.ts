/** Which weights of a model are quantised, and how. */

import type { Safetensors } from "../../format/safetensors/safetensors.ts";
import { DTYPES } from "../../format/safetensors/dtypes.ts";
import { isLeftOut, possibleTensorNames } from "../architectures/tensor_names.ts";
import { moduleOf } from "../checkpoint/quantization.ts";
import type { ModelConfig } from "../config.ts";
import type { AffineQuantisation } from "./affine.ts";

/** How a model's weights are quantised. */
export interface QuantisationSettings extends AffineQuantisation {
  /** Bits of the embedding and the LM head, which suffer most from few. */
  headBits: AffineQuantisation["bits"];
}

/** The modules that are quantised, and how each of them is. */
export class QuantisedModules {
  readonly #config: ModelConfig;
  readonly #settings: QuantisationSettings;
  /** Modules of the embedding and the head. */
  readonly #ends: ReadonlySet<string>;
  /**
   * Those that stay as they are: routers, which are small, and of which a little decides what experts a row has; and
   * what no product reads, though it may be a matrix: norms of heads and learnt positions.
   */
  readonly #kept: ReadonlySet<string>;
  /** Tensors that files have transposed. */
  readonly #transposed: ReadonlySet<string>;

  constructor(config: ModelConfig, settings: QuantisationSettings) {
    const names = possibleTensorNames(config);
    const ends = names.flatMap(({ embedding, head }) => [embedding, head]);
    const layers = names.flatMap(({ layer }) => config.layers.map((_, i) => layer(i)));
    const kept = layers.flatMap(({ experts, headNorms }) => {
      const routers = experts ? [experts.router, experts.shared?.router ?? experts.router] : [];
      return [...routers, ...headNorms ? [headNorms.query, headNorms.key].flat() : []];
    });
    const positions = names.flatMap(({ positions }) => positions ?? []);
    const matrices = layers.flatMap((
      { query, key, value, attentionOutput, gate, up, down },
    ) => [query, key, value, attentionOutput, gate ?? up, up, down]);
    this.#config = config;
    this.#settings = settings;
    this.#ends = new Set(ends.map(moduleOf));
    this.#kept = new Set([...kept, ...positions].map(moduleOf));
    const ofExperts = layers.flatMap(({ experts }) => experts?.stored ?? [])
      .flatMap(({ gate, down, areTransposed }) => areTransposed ? [gate(0), down(0)] : []);
    this.#transposed = new Set([
      ...matrices.flatMap(({ name, isTransposed }) => isTransposed ? [`${name}.weight`] : []),
      ...ofExperts,
    ]);
  }

  /** How a module's matrix, with rows of `inner` weights, is quantised; null if it stays as it is. */
  of(module: string, inner: number): AffineQuantisation | null {
    const { bits, group, headBits } = this.#settings;
    if (inner % group !== 0 || this.#kept.has(module)) return null;
    return { bits: this.#ends.has(module) ? headBits : bits, group };
  }

  /** The tensors among which that of this name has the rows of its matrix. */
  upright(tensors: Safetensors, name: string): Safetensors {
    return this.#transposed.has(name) ? tensors.transposed() : tensors;
  }

  /** How the matrix of a tensor is quantised; null if it is none, or stays as it is. */
  ofTensor(tensors: Safetensors, name: string): AffineQuantisation | null {
    const { dtype, shape } = this.upright(tensors, name).stored(name);
    const isMatrix = shape.length === 2 && name.endsWith(".weight") || this.#isStack(shape);
    const isRead = DTYPES.some((float) => float === dtype) && !isLeftOut(this.#config, name);
    return isMatrix && isRead ? this.of(moduleOf(name), shape.at(-1)!) : null;
  }

  /** Whether a tensor of this shape has the matrices of all experts of a layer. */
  #isStack(shape: readonly number[]): boolean {
    return shape.length === 3 && this.#config.layers.some(({ mlp }) => mlp.experts !== null);
  }
}
