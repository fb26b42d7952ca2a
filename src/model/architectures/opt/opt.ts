import type { Fields } from "../../../format/json.ts";
import type { ModelSizes } from "../../config.ts";
import type { Architecture } from "../architecture.ts";
import {
  alike,
  llamaFrame,
  llamaLayer,
  requireKeyForEachQuery,
  withAttention,
} from "../shared/llama_plan.ts";
import { llamaTensors } from "../shared/llama_tensors.ts";

/**
 * OPT, and Galactica: learnt positions from the third row of their table on, LayerNorms, and an MLP without gates.
 * Zhang et al., "OPT" (2022).
 */
export const opt: Architecture = {
  name: "OPTForCausalLM",
  modelType: "opt",
  defaults: {
    max_position_embeddings: 2048,
    hidden_act: "relu",
    tie_word_embeddings: true,
    word_embed_proj_dim: null,
    do_layer_norm_before: true,
    _remove_final_layer_norm: false,
    enable_bias: true,
    layer_norm_elementwise_affine: true,
  },
  otherNames: { ffn_dim: "intermediate_size", activation_function: "hidden_act" },
  places: [
    { model: "model.decoder", head: "lm_head" },
    { model: "decoder", head: "lm_head" },
  ],
  plan(fields, sizes) {
    requireSupported(fields, sizes);
    const bias = fields.boolean("enable_bias", true);
    const norm = fields.boolean("layer_norm_elementwise_affine", true)
      ? "biased-layer"
      : "bare-layer";
    const layer = llamaLayer(fields, sizes, { rotation: null, isGated: false });
    const biased = withAttention(layer, { inputBias: bias, outputBias: bias });
    return {
      // No field says the epsilon.
      ...llamaFrame(fields.withValues({ layer_norm_eps: 1e-5 }), norm, "layer_norm_eps"),
      learntPositions: { first: 2 },
      layers: alike(sizes, { ...biased, mlp: { ...layer.mlp, bias } }),
    };
  },
  tensors(sizes, places = { model: "model.decoder", head: "lm_head" }) {
    const named = llamaTensors(sizes, places, ({ gate: _, up, down, ...layer }, prefix) => ({
      ...layer,
      norms: {
        beforeAttention: `${prefix}.self_attn_layer_norm.weight`,
        beforeMlp: `${prefix}.final_layer_norm.weight`,
      },
      attentionOutput: { ...layer.attentionOutput, name: `${prefix}.self_attn.out_proj` },
      up: { ...up, name: `${prefix}.fc1` },
      down: { ...down, name: `${prefix}.fc2` },
    }));
    return {
      ...named,
      positions: `${places.model}.embed_positions.weight`,
      finalNorm: `${places.model}.final_layer_norm.weight`,
    };
  },
};

/** @throws DataError for what OPT-350M alone has, and for old fine-tuned files. */
function requireSupported(fields: Fields, sizes: ModelSizes): void {
  const { hiddenSize } = sizes;
  if ((fields.value("word_embed_proj_dim") ?? hiddenSize) !== hiddenSize) {
    const next = "embeddings of another width are not supported";
    throw fields.fault("word_embed_proj_dim", `the hidden_size ${hiddenSize}`, next);
  }
  if (!fields.boolean("do_layer_norm_before", true)) {
    throw fields.fault("do_layer_norm_before", "true", "norms behind the sum are not supported");
  }
  if (fields.boolean("_remove_final_layer_norm", false)) {
    throw fields.fault("_remove_final_layer_norm", "false");
  }
  requireKeyForEachQuery(fields, sizes);
}
