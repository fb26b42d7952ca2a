import { DataError } from "../format/errors.ts";
import type { ModelConfig } from "../model/config.ts";

/** @throws DataError if one of the ids is none of the model's. */
export function requireKnownIds(
  { vocabSize }: Pick<ModelConfig, "vocabSize">,
  ids: readonly number[],
): void {
  const unknown = ids.find((id) => !(id >= 0 && id < vocabSize));
  if (unknown === undefined) return;
  throw new DataError(
    `token id ${unknown} has no row among the model's ${vocabSize} embeddings; ` +
      "check that tokenizer.json belongs to these weights",
  );
}

/** The model gave logits among which no token can be chosen. */
export class NoNumberError extends DataError {
  override name = "NoNumberError";

  constructor() {
    super(
      "the model gave logits that are NaN or infinite: its weights are damaged, or overflow in f32",
    );
  }
}
