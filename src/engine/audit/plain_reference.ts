/** Plain decoding, which drafted answers are checked and measured against. */

import { createDecoder, type DecoderOptions } from "../../decode/decoder.ts";
import type { Decoder } from "../../decode/types.ts";
import type { Transformer } from "../../model/transformer.ts";
import { textLogits } from "./text_logits.ts";

/** Plain decoding beside the decoder in use. */
export interface PlainReference extends Disposable {
  readonly decoder: Decoder;
  /** Logits [vocabulary] of the token after the ids, as the model gives them, before any setting. */
  logitsAfter(ids: readonly number[]): Promise<Float32Array>;
}

/** A reference with a cache of its own. */
export function openPlainReference(
  model: Transformer,
  options: Required<Pick<DecoderOptions, "kv">>,
): PlainReference {
  const decoder = createDecoder(model, options);
  return {
    decoder,
    async logitsAfter(ids) {
      const [logits] = await Array.fromAsync(
        textLogits(model, { ids, from: ids.length - 1, ...options }),
      );
      return logits;
    },
    [Symbol.dispose]: () => decoder[Symbol.dispose](),
  };
}
