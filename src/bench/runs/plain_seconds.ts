import type { Work } from "../../train/work.ts";
import { createDecoder, type DecoderOptions } from "../../decode/decoder.ts";
import { keepBusy } from "../../gpu/busy.ts";
import type { Transformer } from "../../model/transformer.ts";
import { decodeAll, greedyRequest } from "./greedy.ts";

/** Tokens in which a decoder compiles what it needs. */
const WARM_UP_TOKENS = 16;

/**
 * Seconds that plain decoding takes to continue a prompt by `maxTokens` tokens once it runs: what the
 * time of everything that decodes is estimated by.
 *
 * @throws the reason of the signal if that is aborted.
 */
export async function plainSeconds(
  model: Transformer,
  promptIds: readonly number[],
  { maxTokens, decoder, signal, onProgress }: Work & {
    maxTokens: number;
    decoder?: DecoderOptions | undefined;
  },
): Promise<number> {
  using plain = createDecoder(model, decoder);
  const warmUpTokens = Math.min(maxTokens, WARM_UP_TOKENS);
  let done = 0;
  const tell = () => onProgress?.("timing plain decoding", done, warmUpTokens + maxTokens);
  tell();
  const onStep = (ids: readonly number[]) => {
    done = Math.min(done + ids.length, warmUpTokens + maxTokens);
    tell();
  };
  const request = { ...greedyRequest(promptIds, maxTokens, signal), onStep };
  const short = { ...request, maxTokens: warmUpTokens };
  await decodeAll(plain, short);
  await keepBusy(model.gpu, () => decodeAll(plain, short));
  return (await decodeAll(plain, request)).decodeSeconds;
}
