import type { ModelSizes } from "../../config.ts";
import type { ModelTensors, TensorPlaces } from "../architecture.ts";
import { headNorms, llamaTensors } from "../shared/llama_tensors.ts";

/** The tensors of OLMo 2 and 3: norms after attention and MLP, and of queries and keys. */
export function olmoTensors(sizes: ModelSizes, places?: TensorPlaces): ModelTensors {
  return llamaTensors(sizes, places, (layer, prefix) => ({
    ...layer,
    norms: {
      afterAttention: `${prefix}.post_attention_layernorm.weight`,
      afterMlp: `${prefix}.post_feedforward_layernorm.weight`,
    },
    headNorms: headNorms(prefix),
  }));
}
