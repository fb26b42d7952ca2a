import type { ModelSizes } from "../config.ts";
import type { LayerTensors, ModelTensors } from "./architecture.ts";

/** The names that Llama gave its tensors, which most architectures kept. */
export function llamaTensors(sizes: ModelSizes): ModelTensors {
  return {
    embedding: "model.embed_tokens.weight",
    finalNorm: "model.norm.weight",
    head: "lm_head.weight",
    normOffset: 0,
    layer: (index) => llamaLayer(sizes, index),
  };
}

function llamaLayer(sizes: ModelSizes, index: number): LayerTensors {
  const { hiddenSize, intermediateSize, headCount, kvHeadCount, headDim } = sizes;
  const prefix = `model.layers.${index}`;
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
