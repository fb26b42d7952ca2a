import { assertEquals } from "@std/assert";
import { createDecoder } from "../../../src/decode/decoder.ts";
import { GREEDY } from "../../../src/ops/choose.ts";
import { DECODING_VARIANTS, withGpu } from "../../gpu/with_gpu.ts";
import { demoModel } from "../../model/demo_model.ts";
import { DEMO_END_TOKENS, goldenCases } from "../../reference_test/demo_weights.ts";
import { collect } from "../collect.ts";

const cases = await goldenCases();

for (const { title, options, isThorough } of DECODING_VARIANTS) {
  // A CPU is slow with kernels made for something else. They are proved by the logits of all cases;
  // here the beginnings of a few will do.
  const some = isThorough ? cases : cases.filter((_, position) => position % 8 === 0);
  const maxTokens = isThorough ? 48 : 12;
  // The gaps between the two best logits were measured for exact keys and values; those of all cases
  // turn out to be wide enough for halves as well.
  for (const kv of ["f32", "f16"] as const) {
    withGpu(`${title}: greedy ids are another implementation's, cache ${kv}`, async (gpu) => {
      using model = await demoModel(gpu);
      using decoder = createDecoder(model, { kv });
      assertEquals(cases.length, 23);
      for (const { prompt, prompt_ids, greedy_ids } of some) {
        const { ids, finishReason } = await collect(decoder, {
          promptIds: prompt_ids,
          maxTokens,
          sampling: GREEDY,
          eosTokenIds: DEMO_END_TOKENS,
        });
        const expected = greedy_ids.slice(0, maxTokens);
        assertEquals(ids, expected, prompt);
        const hasEnded = DEMO_END_TOKENS.includes(expected[expected.length - 1]);
        assertEquals(finishReason, hasEnded ? "eos" : "length", prompt);
      }
    }, options);
  }
}
