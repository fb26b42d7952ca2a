import type { Fields } from "../../../format/json.ts";
import type { ModelSizes } from "../../config.ts";
import type { Architecture } from "../architecture.ts";
import {
  llamaFrame,
  llamaLayer,
  requireKeyForEachQuery,
  withAttention,
} from "../shared/llama_plan.ts";
import { derivedIntermediateSize, GPT_NAMES, GPT_PLACES, gptTensors } from "./shared.ts";

/** What layers see where files say nothing. */
const USUAL_TYPES = [[["global", "local"], 12]];

/**
 * GPT-Neo, and TinyStories: learnt positions, attention without a scale, and every other layer has a window. Black et
 * al., "GPT-Neo" (2021).
 */
export const gptNeo: Architecture = {
  name: "GPTNeoForCausalLM",
  modelType: "gpt_neo",
  defaults: {
    max_position_embeddings: 2048,
    hidden_act: "gelu_new",
    layer_norm_eps: 1e-5,
    tie_word_embeddings: true,
    attention_types: null,
    attention_layers: null,
    window_size: 256,
  },
  otherNames: {
    ...GPT_NAMES,
    num_heads: "num_attention_heads",
    num_layers: "num_hidden_layers",
  },
  derived: derivedIntermediateSize,
  places: GPT_PLACES,
  plan(fields, sizes) {
    requireKeyForEachQuery(fields, sizes);
    const layer = llamaLayer(fields, sizes, { rotation: null, isGated: false });
    const layers = readWindows(fields, sizes).map((window) => ({
      ...withAttention(layer, { outputBias: true, scale: 1, window }),
      mlp: { ...layer.mlp, bias: true },
    }));
    const frame = llamaFrame(fields, "biased-layer", "layer_norm_eps");
    return { ...frame, learntPositions: { first: 0 }, layers };
  },
  tensors(sizes, places) {
    const { hiddenSize, intermediateSize, headCount, headDim } = sizes;
    return gptTensors(places, (at) => {
      const matrix = (name: string, rows: number) => (
        { name: `${at}.${name}`, first: 0, rows, of: rows }
      );
      const input = (name: string) => matrix(`attn.attention.${name}`, headCount * headDim);
      return {
        query: input("q_proj"),
        key: input("k_proj"),
        value: input("v_proj"),
        attentionOutput: matrix("attn.attention.out_proj", hiddenSize),
        up: matrix("mlp.c_fc", intermediateSize),
        down: matrix("mlp.c_proj", hiddenSize),
      };
    });
  },
};

/**
 * The layers' windows, null for those that see all positions, by `attention_types`: types of neighbouring layers, and
 * how often they come one after the other. Some files name each layer besides.
 */
function readWindows(fields: Fields, { layerCount }: ModelSizes): (number | null)[] {
  const window = fields.integer("window_size", { min: 1, max: 2 ** 24 });
  const types = repeated(fields.value("attention_types") ?? USUAL_TYPES, layerCount);
  if (types?.length !== layerCount) {
    const expected = `lists of "global" and "local", each with a number of repetitions, for the ` +
      `${layerCount} layers`;
    throw fields.fault("attention_types", expected);
  }
  const layers = fields.value("attention_layers") ?? types;
  if (JSON.stringify(layers) !== JSON.stringify(types)) {
    throw fields.fault(
      "attention_layers",
      `the layers of attention_types, ${JSON.stringify(types)}`,
    );
  }
  return types.map((type) => type === "local" ? window : null);
}

/** The types of all layers; null if they are malformed or more than `most`. */
function repeated(groups: unknown, most: number): string[] | null {
  if (!Array.isArray(groups)) return null;
  const all: string[] = [];
  for (const group of groups) {
    if (!Array.isArray(group) || group.length !== 2) return null;
    const [types, times] = group;
    const areTypes = Array.isArray(types) && types.length > 0 &&
      types.every((type) => type === "global" || type === "local");
    if (!areTypes || !Number.isSafeInteger(times) || times < 0) return null;
    if (all.length + types.length * times > most) return null;
    for (let i = 0; i < times; i++) all.push(...types);
  }
  return all;
}
