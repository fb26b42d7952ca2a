/** Models that see pictures, too. Of these the text part is run, and what sees is left where it lies. */

import type { Fields, JsonObject } from "../../format/json.ts";
import { quote } from "../../format/errors.ts";
import type { Architecture } from "./architecture.ts";
import { gemma3 } from "./gemma3.ts";
import { ministral3 } from "./ministral3.ts";
import { mistral } from "./mistral.ts";

/** A model that sees pictures, too. */
export interface Wrapper {
  /** Its name among the `architectures` of config.json. */
  readonly name: string;
  /** What config.json calls it in `model_type`. */
  readonly modelType: string;
  /** The architectures that its text part may have; the first where it does not say. */
  readonly texts: readonly [Architecture, ...Architecture[]];
  /** Fields of `text_config`, sizes among them, with their values where the file says nothing. */
  readonly defaults: JsonObject;
}

/** All of them. */
export const WRAPPERS: readonly Wrapper[] = [
  {
    name: "Gemma3ForConditionalGeneration",
    modelType: "gemma3",
    texts: [gemma3],
    defaults: {
      vocab_size: 262208,
      hidden_size: 2304,
      intermediate_size: 9216,
      num_hidden_layers: 26,
      num_attention_heads: 8,
      max_position_embeddings: 131072,
    },
  },
  {
    name: "Mistral3ForConditionalGeneration",
    modelType: "mistral3",
    texts: [mistral, ministral3],
    defaults: {},
  },
];

/** The architecture of a text part, and its fields. */
export interface TextPart {
  architecture: Architecture;
  fields: Fields;
}

/** @throws {DataError} when it is missing, or of an architecture that is not supported. */
export function readTextPart(fields: Fields, { texts, defaults }: Wrapper): TextPart {
  const text = fields.object("text_config");
  if (!text) throw fields.fault("text_config", "an object with the configuration of the text part");
  const type = text.text("model_type") ?? texts[0].modelType;
  const architecture = texts.find(({ modelType }) => modelType === type);
  if (!architecture) {
    const expected = texts.map(({ modelType }) => quote(modelType)).join(" or ");
    throw text.fault("model_type", expected, "other text parts are not supported");
  }
  const key = "tie_word_embeddings";
  const tied = fields.value(key) ?? true;
  return { architecture, fields: text.withDefaults({ ...defaults, [key]: tied }) };
}
