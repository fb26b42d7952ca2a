import type { Decoder, DecodeRequest, DecodeResult } from "../../decode/types.ts";
import { GREEDY } from "../../ops/choose.ts";

/** Asks for a greedy text of exactly `maxTokens` tokens, end tokens ignored. */
export function greedyRequest(
  promptIds: readonly number[],
  maxTokens: number,
  signal?: AbortSignal,
): DecodeRequest {
  return { promptIds, maxTokens, sampling: GREEDY, eosTokenIds: [], ...(signal && { signal }) };
}

/**
 * Decodes to the end and returns the whole.
 *
 * @throws the reason of the request's signal if that is aborted: half a text measures nothing.
 */
export async function decodeAll(decoder: Decoder, request: DecodeRequest): Promise<DecodeResult> {
  const stream = decoder.decode(request);
  let step = await stream.next();
  while (!step.done) step = await stream.next();
  request.signal?.throwIfAborted();
  return step.value;
}
