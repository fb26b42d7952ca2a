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

  constructor(config: ModelConfig, settings: QuantisationSettings) {
    const ends = possibleTensorNames(config).flatMap(({ embedding, head }) => [embedding, head]);
    this.#config = config;
    this.#settings = settings;
    this.#ends = new Set(ends.map(moduleOf));
  }

  /** How a module's matrix, with rows of `inner` weights, is quantised; null if it stays as it is. */
  of(module: string, inner: number): AffineQuantisation | null {
    const { bits, group, headBits } = this.#settings;
    if (inner % group !== 0) return null;
    return { bits: this.#ends.has(module) ? headBits : bits, group };
  }

  /** How the matrix of a tensor is quantised; null if it is none, or stays as it is. */
  ofTensor(tensors: Safetensors, name: string): AffineQuantisation | null {
    const { dtype, shape } = tensors.stored(name);
    const isMatrix = shape.length === 2 && name.endsWith(".weight") &&
      DTYPES.some((float) => float === dtype);
    return isMatrix && !isLeftOut(this.#config, name) ? this.of(moduleOf(name), shape[1]) : null;
  }
}
