/** The logits of a text that is there already. */

import { Prefill } from "../../decode/prefill.ts";
import type { Dispatch } from "../../gpu/kernel.ts";
import { PacedQueue } from "../../gpu/queues/paced_queue.ts";
import { type Activations, createActivations, freeActivations } from "../../model/activations.ts";
import { type Cache, createCache, freeCache } from "../../model/cache.ts";
import type { Transformer } from "../../model/transformer.ts";
import { profileOf } from "../../ops/profiles.ts";
import { outputStride } from "../../ops/products/matmul.ts";
import { textRow, writeRows } from "../../ops/rows.ts";

/** Rows of a pass that have no logits. */
const CHUNK = 64;

/** Rows of a pass that have logits: few, since each is as long as the vocabulary. */
const LOGIT_CHUNK = 16;

/** Which logits are wanted. */
export interface LogitsRequest {
  ids: readonly number[];
  /** First position whose logits are wanted; the others are those after it. */
  from: number;
  /** Number format of the cache, on which the bits depend. */
  kv: "f16" | "f32";
  /** Rows of a pass that have logits, at most 64; the values do not depend on it. */
  rows?: number | undefined;
  /** Ends the reading early: the logits are then those of the first positions. */
  signal?: AbortSignal | undefined;
  /** Hears how many of the ids are read. */
  onProgress?: ((done: number) => void) | undefined;
}

/**
 * Logits [vocabulary] of the token after each position from `from` on, as the model gives them before
 * any setting. They are, bit for bit, those that decoding chose from: rows do not depend on each other.
 * The text is read once more, into a cache of its own.
 */
export async function* textLogits(
  model: Transformer,
  { ids, from, kv, rows: chunk = LOGIT_CHUNK, signal, onProgress }: LogitsRequest,
): AsyncGenerator<Float32Array> {
  const { gpu, config: { vocabSize } } = model;
  const at = createActivations(model, {
    capacity: CHUNK,
    logitRows: chunk,
    ancestorRoom: 1,
  });
  const cache = createCache(model, ids.length, kv);
  const stride = outputStride(vocabSize);
  try {
    await new Prefill(model, at, cache, { prefillChunk: CHUNK, longPrefillChunk: CHUNK })
      .read(ids.slice(0, from), 0, { signal, onProgress });
    const pass = logitPass(model, at, cache, chunk);
    const queue = new PacedQueue(gpu, profileOf(gpu));
    for (let first = from; first < ids.length; first += chunk) {
      const rows = ids.slice(first, first + chunk).map((id, i) => textRow(id, first + i));
      writeRows(gpu, at.batch, rows);
      if (!await queue.submit(pass, { signal })) return;
      const logits = await gpu.readFloats(at.logits, 0, rows.length * stride);
      onProgress?.(first + rows.length);
      for (const i of rows.keys()) yield logits.subarray(i * stride, i * stride + vocabSize);
    }
  } finally {
    freeActivations(gpu, at);
    freeCache(gpu, cache);
  }
}

function logitPass(model: Transformer, at: Activations, cache: Cache, rows: number): Dispatch[] {
  return [
    ...model.embed(rows, at),
    ...model.runLayers(rows, at, cache),
    ...model.logits(rows, at),
  ];
}
