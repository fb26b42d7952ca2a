import { assertEquals } from "@std/assert";
import { createDecoder } from "../../../src/decode/decoder.ts";
import { GREEDY } from "../../../src/ops/choose.ts";
import { selfSpeculative } from "../../../src/draft/layer_skipping/self_speculative.ts";
import { NO_SKIPS } from "../../../src/model/layer_skips.ts";
import { collect } from "../../decode/collect.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../../model/random_model.ts";
import { randomIntegers } from "../../../src/checks/oracles/numbers/random.ts";

const CONFIG = tiny({ vocabSize: 1500 });
const DRAFTS = 3;
const ASKED = { promptIds: randomIntegers(9, 1, CONFIG.vocabSize), eosTokenIds: [] };
const SAMPLED = { ...GREEDY, temperature: 1.5, seed: 7 };

/** Every way to choose a token, those that look at the drafts of the same step included. */
const SETTINGS = {
  "greedy": GREEDY,
  "greedy with a repetition penalty": { ...GREEDY, repetitionPenalty: 1.7 },
  "sampled": SAMPLED,
  "filtered, with a repetition penalty": {
    ...SAMPLED,
    topK: 30,
    topP: 0.9,
    repetitionPenalty: 1.7,
  },
};

for (const [what, sampling] of Object.entries(SETTINGS)) {
  withGpu(`a model that drafts with all its layers is always right, ${what}`, async (gpu) => {
    using random = await randomModel(gpu, CONFIG, ["F32"]);
    const method = selfSpeculative({ skips: NO_SKIPS, drafts: DRAFTS, confidence: 0 });
    using decoder = createDecoder(random.model, {}, method);
    // The first step has no drafts; then come five full ones, and one that the limit cuts short.
    const maxTokens = 1 + 5 * (1 + DRAFTS) + 2;
    const result = await collect(decoder, { ...ASKED, maxTokens, sampling });
    assertEquals(result.forwards, 7);
    assertEquals(result.acceptedByOffset, [6, 5, 5]);
  });
}

withGpu("a draft that the model is not confident of is the last of its step", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  const accepted = async (confidence: number, maxTokens: number) => {
    const method = selfSpeculative({ skips: NO_SKIPS, drafts: DRAFTS, confidence });
    using decoder = createDecoder(random.model, {}, method);
    return (await collect(decoder, { ...ASKED, maxTokens, sampling: SAMPLED })).acceptedByOffset;
  };
  // The logits of so small a model are flat: every token has some probability, none has half of it.
  assertEquals(await accepted(1e-6, 1 + 5 * (1 + DRAFTS)), [5, 5, 5]);
  assertEquals(await accepted(0.5, 1 + 5 * 2), [5]);
});
