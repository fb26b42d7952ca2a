/** Plain decoding, which drafted answers are checked and measured against. */

import { createDecoder, type DecoderOptions } from "../../decode/decoder.ts";
import { Prefill } from "../../decode/prefill.ts";
import type { Decoder } from "../../decode/types.ts";
import { submit } from "../../gpu/kernel.ts";
import { createActivations, freeActivations } from "../../model/activations.ts";
import { createCache, freeCache } from "../../model/cache.ts";
import type { Transformer } from "../../model/transformer.ts";
import { textRow, writeRows } from "../../ops/rows.ts";

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
    logitsAfter: (ids) => logitsAfter(model, ids, options.kv),
    [Symbol.dispose]: () => decoder[Symbol.dispose](),
  };
}

const CHUNK = 64;

async function logitsAfter(
  model: Transformer,
  ids: readonly number[],
  kv: "f16" | "f32",
): Promise<Float32Array> {
  const { gpu, config: { layerCount, vocabSize } } = model;
  const at = createActivations(model, { capacity: CHUNK, logitRows: 1, ancestorRoom: 1 });
  const cache = createCache(model, ids.length, kv);
  try {
    const last = ids.length - 1;
    new Prefill(model, at, cache, CHUNK).queue(ids.slice(0, last), 0);
    writeRows(gpu, at.batch, [textRow(ids[last], last)]);
    submit(gpu, [
      ...model.embed(1, at),
      ...model.runLayers(1, at, cache, 0, layerCount),
      ...model.logits(1, at),
    ]);
    return await gpu.readFloats(at.logits, 0, vocabSize);
  } finally {
    freeActivations(gpu, at);
    freeCache(gpu, cache);
  }
}
