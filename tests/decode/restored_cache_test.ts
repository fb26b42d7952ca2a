/** Keys and values that leave the cache and come back. */
import { assertEquals, assertRejects } from "@std/assert";
import { createDecoder, type DecoderOptions } from "../../src/decode/decoder.ts";
import type { CachedText, DecodeRequest } from "../../src/decode/types.ts";
import { GREEDY } from "../../src/ops/choose.ts";
import { hiddenTransfer } from "../../src/draft/hidden_transfer/hidden_transfer.ts";
import { createMaps } from "../draft/random_maps.ts";
import { withGpu } from "../gpu/with_gpu.ts";
import { randomModel, tiny } from "../model/random_model.ts";
import { collect } from "./collect.ts";

const CONFIG = tiny({ vocabSize: 50 });
const promptIds = Array.from({ length: 40 }, (_, i) => (i * i + 3 * i) % 50);
const SAMPLING = { ...GREEDY, temperature: 1.5, seed: 3 };
const REQUEST: DecodeRequest = { promptIds, maxTokens: 12, sampling: SAMPLING, eosTokenIds: [] };

/** A text on the host. */
async function held({ ids, layers }: CachedText): Promise<CachedText> {
  const all = await Array.fromAsync(layers());
  return { ids, layers: () => ReadableStream.from(all) };
}

for (const kv of ["f16", "f32"] as const) {
  withGpu(
    `a text of another decoder is gone on with, and the ids are the same, in ${kv}`,
    async (gpu) => {
      using random = await randomModel(gpu, CONFIG, ["F32"]);
      const options: DecoderOptions = { kv, prefillChunk: 4 };
      using first = createDecoder(random.model, options);
      const expected = await collect(first, REQUEST);
      assertEquals(first.cached.ids, [...promptIds, ...expected.ids].slice(0, -1));
      const text = await held(first.cached);

      using maps = createMaps(gpu, CONFIG.hiddenSize, [0, 1, 1], "random");
      using second = createDecoder(random.model, options, hiddenTransfer(maps, { nodes: 16 }));
      await collect(second, { ...REQUEST, promptIds: [7, 7, 7] });
      await second.restore(text);
      const again = await collect(second, REQUEST);
      assertEquals([again.ids, again.reusedPromptTokens], [expected.ids, 39]);

      // Of a text that differs from the twentieth token on, the beginning is used.
      const other = { ...REQUEST, promptIds: promptIds.with(20, 49) };
      await second.restore(text);
      const differing = await collect(second, other);
      assertEquals(differing.reusedPromptTokens, 20);
      assertEquals(differing.ids, (await collect(first, other)).ids);
    },
  );
}

withGpu("a text of another shape is refused, and nothing of it is used", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  using decoder = createDecoder(random.model, { prefillChunk: 4 });
  const expected = await collect(decoder, REQUEST);
  const { ids, layers } = await held(decoder.cached);
  const fewer = { ids: ids.slice(1), layers };
  await assertRejects(() => decoder.restore(fewer), RangeError, "bytes of keys and values");
  const none = { ids, layers: () => ReadableStream.from<Uint8Array<ArrayBuffer>>([]) };
  await assertRejects(() => decoder.restore(none), RangeError, "0 layers, not");
  assertEquals(decoder.cached.ids, []);
  assertEquals((await collect(decoder, REQUEST)).ids, expected.ids);
});

withGpu("a text that breaks off leaves a decoder that goes on in a grown cache", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  using decoder = createDecoder(random.model, { prefillChunk: 4, cachePositions: 16 });
  const request = { ...REQUEST, promptIds: [7, 7, 7], maxTokens: 8 };
  const expected = await collect(decoder, request);
  const broken = { ids: promptIds, layers: () => ReadableStream.from<Uint8Array<ArrayBuffer>>([]) };
  await assertRejects(() => decoder.restore(broken), RangeError, "0 layers, not");
  assertEquals((await collect(decoder, request)).ids, expected.ids);
});
