/** A decoding that is aborted while it reads its prompt. */
import { assert, assertEquals } from "@std/assert";
import { createDecoder } from "../../../src/decode/decoder.ts";
import { GREEDY } from "../../../src/ops/choose.ts";
import { requestGpu } from "../../../src/gpu/request_gpu.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../../model/random_model.ts";
import { collect } from "../collect.ts";

const CHUNK = 4;
const CONFIG = tiny({ vocabSize: 50 });
const promptIds = Array.from({ length: 60 }, (_, i) => (i * i + 3 * i) % 50);
const REQUEST = { promptIds, maxTokens: 12, sampling: GREEDY, eosTokenIds: [] };

withGpu("its finished chunks are not computed again, and the ids are the same", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  using fresh = createDecoder(random.model, { prefillChunk: CHUNK });
  const expected = await collect(fresh, REQUEST);
  assertEquals([expected.reusedPromptTokens, expected.computedPromptTokens], [0, 60]);

  using decoder = createDecoder(random.model, { prefillChunk: CHUNK });
  const controller = new AbortController();
  const heard: (readonly [number, number, number])[] = [];
  const aborted = await collect(decoder, {
    ...REQUEST,
    signal: controller.signal,
    onPrompt(done, total, part) {
      heard.push([done, total, part]);
      if (done > 20) controller.abort();
    },
  });
  assertEquals([aborted.finishReason, aborted.ids, aborted.forwards], ["aborted", [], 0]);
  const kept = aborted.computedPromptTokens;
  assert(kept > 0 && kept < 60, `${kept} tokens were computed`);
  assertEquals(kept % CHUNK, 0);
  assert(heard.every(([done, total]) => done <= total && total === 59), `heard ${heard}`);
  // The tokens at the end see more than those at the beginning.
  assert(heard.every(([done, total, part]) => done === 0 || part > 0 && part < done / total));

  const again = await collect(decoder, REQUEST);
  assertEquals(again.ids, expected.ids);
  assertEquals([again.reusedPromptTokens, again.computedPromptTokens], [kept, 60 - kept]);
});

withGpu("a signal that was aborted before leaves the cache as it was", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  using decoder = createDecoder(random.model, { prefillChunk: CHUNK });
  const expected = await collect(decoder, REQUEST);
  const signal = AbortSignal.abort();
  const aborted = await collect(decoder, { ...REQUEST, signal });
  assertEquals([aborted.finishReason, aborted.reusedPromptTokens], ["aborted", 59]);
  const other = await collect(decoder, { ...REQUEST, promptIds: [1, 2, 3], signal });
  assertEquals([other.finishReason, other.computedPromptTokens], ["aborted", 0]);
  assertEquals((await collect(decoder, REQUEST)).ids, expected.ids);
});

Deno.test("all kernels are compiled before a prompt is read, so that the time of that is its own", async () => {
  using gpu = await requestGpu(); // Of its own, on which nothing has been compiled.
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  using decoder = createDecoder(random.model, { prefillChunk: CHUNK });
  const { sampling } = REQUEST;
  let [isHeard, missing] = [false, 0];
  const onProgress = () => void missing++;
  const promptLengths = [1, promptIds.length];
  await collect(decoder, {
    ...REQUEST,
    onPrompt() {
      isHeard = true;
      void decoder.compile({ promptLengths, sampling, onProgress });
    },
  });
  assertEquals([isHeard, missing], [true, 0]);
});
