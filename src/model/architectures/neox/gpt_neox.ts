import type { LayerPlan } from "../../config.ts";
import type { Architecture } from "../architecture.ts";
import { alike, llamaFrame, llamaLayer, requireKeyForEachQuery } from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";
import { readRotation } from "../shared/rope.ts";

/**
 * GPT-NeoX and Pythia: attention and MLP beside each other, each behind a norm of its own, and a part of each head is
 * rotated. Black et al., "GPT-NeoX-20B" (2022).
 */
export const gptNeox: Architecture = {
  name: "GPTNeoXForCausalLM",
  modelType: "gpt_neox",
  defaults: {
    max_position_embeddings: 2048,
    hidden_act: "gelu",
    layer_norm_eps: 1e-5,
    rotary_emb_base: 10000,
    rotary_pct: 0.25,
    // Written beside those two by some versions of the transformers library, and read by none.
    rope_theta: null,
    partial_rotary_factor: null,
    tie_word_embeddings: false,
    attention_bias: true,
    use_parallel_residual: true,
  },
  plan(fields, sizes) {
    requireKeyForEachQuery(fields, sizes);
    const rotary = fields.withValues({
      rope_theta: fields.number("rotary_emb_base", { min: 1, max: 1e12 }),
      partial_rotary_factor: fields.number("rotary_pct", { min: 0, max: 1 }),
    });
    const rotation = readRotation(rotary, sizes, { leastPart: 0 });
    const layer = llamaLayer(fields, sizes, { rotation, isGated: false });
    const serial: LayerPlan = { ...layer, mlp: { ...layer.mlp, bias: true } };
    const plan: LayerPlan = fields.boolean("use_parallel_residual", true)
      ? { ...serial, parallel: "own-norms" }
      : serial;
    return { ...llamaFrame(fields, "biased-layer", "layer_norm_eps"), layers: alike(sizes, plan) };
  },
  tensors(sizes) {
    const places = { model: "gpt_neox", head: "embed_out" };
    const named = llamaTensors(sizes, places, ({ gate: _, ...layer }, prefix) => {
      const { headCount, headDim } = sizes;
      const fused = {
        name: `${prefix}.attention.query_key_value`,
        rows: headCount * headDim,
        of: 3 * headCount * headDim,
        headStride: 3 * headDim,
      };
      return {
        ...layer,
        query: { ...fused, first: 0 },
        key: { ...fused, first: headDim },
        value: { ...fused, first: 2 * headDim },
        attentionOutput: { ...layer.attentionOutput, name: `${prefix}.attention.dense` },
        up: { ...layer.up, name: `${prefix}.mlp.dense_h_to_4h` },
        down: { ...layer.down, name: `${prefix}.mlp.dense_4h_to_h` },
      };
    });
    return {
      ...named,
      embedding: "gpt_neox.embed_in.weight",
      finalNorm: "gpt_neox.final_layer_norm.weight",
    };
  },
};
