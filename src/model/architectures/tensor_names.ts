/** Where a model's weights are, in models of text and in those that see pictures, too. */

import type { ModelConfig } from "../config.ts";
import type { ModelTensors, TensorPlaces } from "./architecture.ts";
import { architectureNamed } from "./lookup.ts";

/** Places of a text part beside others: in files from before transformers 4.52, and since. */
const WRAPPED: readonly TensorPlaces[] = [
  { model: "language_model.model", head: "language_model.lm_head" },
  { model: "model.language_model", head: "lm_head" },
];

/** Tensors that see pictures, which text does not need. */
const SEEING = /^(model\.)?(vision_tower|multi_modal_projector)\./;

/** The names that a model's tensors may have: in one way alone, unless it sees pictures, too. */
export function possibleTensorNames(config: ModelConfig): ModelTensors[] {
  const architecture = architectureNamed(config.architecture)!;
  const places = config.seesPictures ? WRAPPED : architecture.places ?? [undefined];
  return places.map((places) => architecture.tensors(config, places));
}

/** The names that a model's tensors have, as those in its files tell. */
export function tensorNames(config: ModelConfig, names: readonly string[]): ModelTensors {
  const possible = possibleTensorNames(config);
  const isThere = (name: string | undefined) => name !== undefined && names.includes(name);
  // A norm without weights has no tensor.
  const found = possible.find(({ finalNorm, positions }) =>
    isThere(finalNorm) || isThere(positions)
  );
  return found ?? possible[0];
}

/** Whether a tensor sees pictures, and text is made without it. */
export function isLeftOut({ seesPictures = false }: ModelConfig, name: string): boolean {
  return seesPictures && SEEING.test(name);
}
