import type { Fields, JsonObject } from "../../../format/json.ts";
import type { LayerTensors, ModelTensors, TensorPlaces } from "../architecture.ts";

/** Fields that have other names in files of GPT-2 and GPT-Neo. */
export const GPT_NAMES = {
  activation_function: "hidden_act",
  layer_norm_epsilon: "layer_norm_eps",
};

/** The first files of GPT-2 have the model without its head. */
export const GPT_PLACES: readonly TensorPlaces[] = [
  { model: "transformer", head: "lm_head" },
  { model: "", head: "lm_head" },
];

/** The width of the MLP's inner layer where files say nothing. */
export function derivedIntermediateSize(fields: Fields): JsonObject {
  const hiddenSize = fields.value("hidden_size");
  const isMissing = fields.value("intermediate_size") === undefined;
  return isMissing && typeof hiddenSize === "number" ? { intermediate_size: 4 * hiddenSize } : {};
}

/**
 * Names of tensors.
 * @param matrices those of a layer whose names begin with `at.`.
 */
export function gptTensors(
  { model, head }: TensorPlaces = GPT_PLACES[0],
  matrices: (at: string) => Omit<LayerTensors, "norms">,
): ModelTensors {
  const prefix = model === "" ? "" : `${model}.`;
  return {
    embedding: `${prefix}wte.weight`,
    positions: `${prefix}wpe.weight`,
    finalNorm: `${prefix}ln_f.weight`,
    head: `${head}.weight`,
    normOffset: 0,
    layer(index) {
      const at = `${prefix}h.${index}`;
      const norms = { beforeAttention: `${at}.ln_1.weight`, beforeMlp: `${at}.ln_2.weight` };
      return { norms, ...matrices(at) };
    },
  };
}
