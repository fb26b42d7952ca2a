import type { ModelSizes } from "../../config.ts";
import type { LayerTensors, ModelTensors, TensorPlaces } from "../architecture.ts";

/** In a model of text alone. */
const PLAIN: TensorPlaces = { model: "model", head: "lm_head" };

/**
 * The names that Llama gave its tensors, which most architectures kept.
 *
 * @param particular changes what has other names in a layer, whose names begin with `prefix.`.
 */
export function llamaTensors(
  sizes: ModelSizes,
  { model, head }: TensorPlaces = PLAIN,
  particular: (layer: LayerTensors, prefix: string) => LayerTensors = (layer) => layer,
): ModelTensors {
  return {
    embedding: `${model}.embed_tokens.weight`,
    finalNorm: `${model}.norm.weight`,
    head: `${head}.weight`,
    normOffset: 0,
    layer(index) {
      const prefix = `${model}.layers.${index}`;
      return particular(llamaLayerTensors(sizes, prefix), prefix);
    },
  };
}

function llamaLayerTensors(sizes: ModelSizes, prefix: string): LayerTensors {
  const { hiddenSize, intermediateSize, headCount, kvHeadCount, headDim } = sizes;
  const whole = (name: string, rows: number) => (
    { name: `${prefix}.${name}`, first: 0, rows, of: rows }
  );
  return {
    norms: {
      beforeAttention: `${prefix}.input_layernorm.weight`,
      beforeMlp: `${prefix}.post_attention_layernorm.weight`,
    },
    query: whole("self_attn.q_proj", headCount * headDim),
    key: whole("self_attn.k_proj", kvHeadCount * headDim),
    value: whole("self_attn.v_proj", kvHeadCount * headDim),
    attentionOutput: whole("self_attn.o_proj", hiddenSize),
    gate: whole("mlp.gate_proj", intermediateSize),
    up: whole("mlp.up_proj", intermediateSize),
    down: whole("mlp.down_proj", hiddenSize),
  };
}

/** Gates, and behind them the rows that they gate, as one tensor. */
export function fusedGateAndUp(
  name: string,
  { intermediateSize: rows }: ModelSizes,
): Required<Pick<LayerTensors, "gate" | "up">> {
  const fused = { name, rows, of: 2 * rows };
  return { gate: { ...fused, first: 0 }, up: { ...fused, first: rows } };
}

/** Where most architectures that have norms of queries and keys keep them. */
export function headNorms(prefix: string): LayerTensors["headNorms"] {
  return {
    query: `${prefix}.self_attn.q_norm.weight`,
    key: `${prefix}.self_attn.k_norm.weight`,
  };
}
