/** Which weights of a model are quantised, and how. */

import type { Safetensors } from "../../format/safetensors/safetensors.ts";
import { DTYPES } from "../../format/safetensors/safetensors_header.ts";
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
   * norms of heads, though weights of all heads may be a matrix.
   */
  readonly #kept: ReadonlySet<string>;

  constructor(config: ModelConfig, settings: QuantisationSettings) {
    const names = possibleTensorNames(config);
    const ends = names.flatMap(({ embedding, head }) => [embedding, head]);
    const kept = names.flatMap(({ layer }) =>
      config.layers.flatMap((_, i) => {
        const { experts, headNorms } = layer(i);
        const routers = experts ? [experts.router, experts.shared?.router ?? experts.router] : [];
        return [...routers, ...headNorms ? [headNorms.query, headNorms.key].flat() : []];
      })
    );
    this.#config = config;
    this.#settings = settings;
    this.#ends = new Set(ends.map(moduleOf));
    this.#kept = new Set(kept.map(moduleOf));
  }

  /** How a module's matrix, with rows of `inner` weights, is quantised; null if it stays as it is. */
  of(module: string, inner: number): AffineQuantisation | null {
    const { bits, group, headBits } = this.#settings;
    if (inner % group !== 0 || this.#kept.has(module)) return null;
    return { bits: this.#ends.has(module) ? headBits : bits, group };
  }

  /** How the matrix of a tensor is quantised; null if it is none, or stays as it is. */
  ofTensor(tensors: Safetensors, name: string): AffineQuantisation | null {
    const { dtype, shape } = tensors.stored(name);
    const isMatrix = shape.length === 2 && name.endsWith(".weight") || this.#isStack(shape);
    const isRead = DTYPES.some((float) => float === dtype) && !isLeftOut(this.#config, name);
    return isMatrix && isRead ? this.of(moduleOf(name), shape.at(-1)!) : null;
  }

  /** Whether a tensor of this shape has the matrices of all experts of a layer. */
  #isStack(shape: readonly number[]): boolean {
    return shape.length === 3 && this.#config.layers.some(({ mlp }) => mlp.experts !== null);
  }
}
