/** Models that see pictures, too. Of these the text part is run, and what sees is left where it lies. */

import type { Fields, JsonObject } from "../../format/json.ts";
import { quote } from "../../format/errors.ts";
import type { Architecture } from "./architecture.ts";
import { gemma3 } from "./gemma/gemma3.ts";
import { ministral3 } from "./mistral/ministral3.ts";
import { mistral } from "./mistral/mistral.ts";

/** A model that sees pictures, too. */
export interface Wrapper {
  /** Its name among the `architectures` of config.json. */
  readonly name: string;
  /** What config.json calls it in `model_type`. */
  readonly modelType: string;
  /** The text parts that it may have; the first where it does not say. */
  readonly texts: readonly [TextKind, ...TextKind[]];
}

/** A kind of text part. */
interface TextKind {
  readonly architecture: Architecture;
  /** Its sizes where `text_config` says nothing: the transformers library wrote only those that differ. */
  readonly sizes: JsonObject;
  /** Fields that it has no say in. */
  readonly fixed?: JsonObject;
}

const GEMMA3_TEXT: TextKind = {
  architecture: gemma3,
  sizes: {
    vocab_size: 262208,
    hidden_size: 2304,
    intermediate_size: 9216,
    num_hidden_layers: 26,
    num_attention_heads: 8,
  },
  fixed: { final_logit_softcapping: null },
};

const MISTRAL_TEXT: TextKind = {
  architecture: mistral,
  sizes: {
    vocab_size: 32000,
    hidden_size: 4096,
    intermediate_size: 14336,
    num_hidden_layers: 32,
    num_attention_heads: 32,
  },
};

const MINISTRAL3_TEXT: TextKind = {
  architecture: ministral3,
  sizes: { ...MISTRAL_TEXT.sizes, vocab_size: 131072, num_hidden_layers: 34 },
};

/** All of them. */
export const WRAPPERS: readonly Wrapper[] = [
  { name: "Gemma3ForConditionalGeneration", modelType: "gemma3", texts: [GEMMA3_TEXT] },
  {
    name: "Mistral3ForConditionalGeneration",
    modelType: "mistral3",
    texts: [MISTRAL_TEXT, MINISTRAL3_TEXT],
  },
];

/** The architecture of a text part, and its fields. */
export interface TextPart {
  architecture: Architecture;
  fields: Fields;
}

/** @throws {DataError} when it is missing, or of an architecture that is not supported. */
export function readTextPart(fields: Fields, { texts }: Wrapper): TextPart {
  const text = fields.object("text_config");
  if (!text) throw fields.fault("text_config", "an object with the configuration of the text part");
  const types = texts.map(({ architecture }) => architecture.modelType);
  const kind = texts[types.indexOf(text.text("model_type") ?? types[0])];
  if (!kind) {
    const expected = types.map(quote).join(" or ");
    throw text.fault("model_type", expected, "other text parts are not supported");
  }
  const tied = { tie_word_embeddings: fields.value("tie_word_embeddings") ?? true };
  const own = text.withDefaults(kind.sizes).withValues({ ...kind.fixed, ...tied });
  return { architecture: kind.architecture, fields: own };
}
