/** The same seed gives the same ids, however the work is cut up. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { createDecoder, type DecoderOptions } from "../../../src/decode/decoder.ts";
import { GREEDY, type SamplingSettings } from "../../../src/ops/choose.ts";
import { IS_SECOND_DRIVER, withGpu } from "../../gpu/with_gpu.ts";
import { demoModel } from "../../model/demo_model.ts";
import { goldenCases } from "../../reference_test/demo_weights.ts";
import { collect } from "../collect.ts";

/** A prompt that is no multiple of any chunk. */
const promptIds = (await goldenCases()).flatMap(({ prompt_ids }) => prompt_ids).slice(0, 131);
/** Every filter at once, so that every kernel of the choice takes part. */
const SAMPLED: SamplingSettings = {
  temperature: 1.2,
  topK: 200,
  topP: 0.95,
  minP: 0.001,
  repetitionPenalty: 1.1,
  seed: 2 ** 40 + 5,
};
const WHOLE = promptIds.length;
/** A decoding that is cut up in no way. */
const PLAIN: DecoderOptions = { prefillChunk: WHOLE, stepsPerSubmit: 1, ringDepth: 1 };
const OTHERS: readonly DecoderOptions[] = [
  ...[1, 7, 64].map((prefillChunk) => ({ ...PLAIN, prefillChunk })),
  ...[2, 3, 8].map((ringDepth) => ({ ...PLAIN, ringDepth })),
  { prefillChunk: 64, stepsPerSubmit: 5, ringDepth: 4 },
  {}, // what the device gets unless told otherwise
];

withGpu("the ids do not depend on chunks of the prompt, submits or ring depth", async (gpu) => {
  using model = await demoModel(gpu);
  for (const kv of IS_SECOND_DRIVER ? ["f16"] as const : ["f32", "f16"] as const) {
    for (const sampling of IS_SECOND_DRIVER ? [SAMPLED] : [GREEDY, SAMPLED]) {
      const idsWith = async (options: DecoderOptions) => {
        using decoder = createDecoder(model, { ...options, kv });
        return (await collect(decoder, request(sampling))).ids;
      };
      const expected = await idsWith(PLAIN);
      assertEquals(expected.length, 24);
      for (const options of IS_SECOND_DRIVER ? OTHERS.slice(-2) : OTHERS) {
        assertEquals(await idsWith(options), expected, JSON.stringify({ kv, options }));
      }
    }
  }
});

withGpu("a seed gives the same ids in every run, and another seed other ids", async (gpu) => {
  using model = await demoModel(gpu);
  using decoder = createDecoder(model);
  const idsOf = async (seed: number) => (await collect(decoder, request({ ...SAMPLED, seed }))).ids;
  const [one, two] = [await idsOf(1), await idsOf(2)];
  assertNotEquals(one, two);
  // In between the decoder has kept another text in its cache.
  assertEquals(await idsOf(1), one);
  assertEquals(await idsOf(2), two);
});

withGpu("ids are the same whether the beginning was in the cache or not", async (gpu) => {
  using model = await demoModel(gpu);
  const kept = promptIds.slice(0, 50);
  using fresh = createDecoder(model);
  const expected = await collect(fresh, request(SAMPLED));
  using used = createDecoder(model);
  await collect(used, { ...request(GREEDY), promptIds: kept });
  const again = await collect(used, request(SAMPLED));
  assertEquals(again.ids, expected.ids);
  assertEquals(expected.computedPromptTokens, WHOLE);
  assert(again.computedPromptTokens <= WHOLE - kept.length + 1, "the cache was not used");
});

withGpu("an aborted decoding ends early and leaves nothing behind for the next", async (gpu) => {
  using model = await demoModel(gpu);
  using decoder = createDecoder(model);
  const expected = (await collect(decoder, request(SAMPLED))).ids;
  const controller = new AbortController();
  const generator = decoder.decode({
    ...request(GREEDY),
    maxTokens: 300,
    signal: controller.signal,
  });
  await generator.next();
  controller.abort();
  let step = await generator.next();
  while (!step.done) step = await generator.next();
  assertEquals(step.value.finishReason, "aborted");
  assert(step.value.ids.length < 300);
  assertEquals((await collect(decoder, request(SAMPLED))).ids, expected);
});

function request(sampling: SamplingSettings) {
  return { promptIds, maxTokens: 24, sampling, eosTokenIds: NO_END };
}

/** The text goes on to the limit, so that all runs have the same work. */
const NO_END: readonly number[] = [];
