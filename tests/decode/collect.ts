import type { Decoder, DecodeRequest, DecodeResult } from "../../src/decode/types.ts";

/** Runs a decoding to its end. The ids that it handed out on the way are checked against the result's. */
export async function collect(decoder: Decoder, request: DecodeRequest): Promise<DecodeResult> {
  const ids: number[] = [];
  const generator = decoder.decode(request);
  for (;;) {
    const { done, value } = await generator.next();
    if (!done) {
      if (value.length === 0) throw new Error("an empty batch was handed out");
      ids.push(...value);
      continue;
    }
    if (ids.join() !== value.ids.join()) {
      throw new Error(`handed out ${ids}, but the result is ${value.ids}`);
    }
    return value;
  }
}
