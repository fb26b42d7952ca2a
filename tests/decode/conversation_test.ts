/** One drafting decoder after another text, a continued one, and one that was left halfway. */
import { assert, assertEquals } from "@std/assert";
import { createDecoder } from "../../src/decode/decoder.ts";
import type { Decoder, DecodeRequest } from "../../src/decode/types.ts";
import { GREEDY } from "../../src/ops/choose.ts";
import { hiddenTransfer } from "../../src/draft/hidden_transfer/hidden_transfer.ts";
import { createMaps } from "../draft/random_maps.ts";
import { IS_SECOND_DRIVER, withGpu } from "../gpu/with_gpu.ts";
import { randomModel, tiny } from "../model/random_model.ts";
import { collect } from "./collect.ts";

const CONFIG = tiny({ vocabSize: 6 });
const SAMPLED = { ...GREEDY, temperature: 1.5, repetitionPenalty: 1.2 };
const TURNS = 8;

for (const inPassNodes of IS_SECOND_DRIVER ? [5] : [0, 5, 16]) {
  withGpu(`turns of a conversation, ${inPassNodes} nodes with pseudo rows`, async (gpu) => {
    using random = await randomModel(gpu, CONFIG, ["F32"]);
    using maps = createMaps(gpu, CONFIG.hiddenSize, [0, 1, 1], "random");
    const options = { prefillChunk: 4 };
    using plain = createDecoder(random.model, options);
    using drafting = createDecoder(
      random.model,
      options,
      hiddenTransfer(maps, { nodes: 16, inPassNodes }),
    );
    let promptIds = [1, 2, 3];
    let forwards = 0;
    let tokens = 0;
    for (let turn = 0; turn < TURNS; turn++) {
      const sampling = { ...SAMPLED, seed: turn };
      const request = { promptIds, maxTokens: 10, sampling, eosTokenIds: [turn % 6] };
      if (turn % 3 === 1) await leaveHalfway(drafting, request);
      const expected = await collect(plain, request);
      const found = await collect(drafting, request);
      assertEquals(found.ids, expected.ids, `turn ${turn}`);
      assertEquals(found.finishReason, expected.finishReason);
      assert(found.computedPromptTokens <= expected.computedPromptTokens + 3, "recomputed text");
      forwards += found.forwards;
      tokens += found.ids.length;
      promptIds = [...promptIds, ...found.ids, turn % 4, 5];
    }
    assert(tokens > 1.2 * forwards, `${tokens} tokens in ${forwards} passes`);
  });
}

withGpu("of a prompt that is cached only the last token is computed", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  using decoder = createDecoder(random.model);
  const request = { promptIds: [1, 2, 3, 4], maxTokens: 5, sampling: GREEDY, eosTokenIds: [] };
  const first = await collect(decoder, request);
  const again = await collect(decoder, request);
  assertEquals([first.reusedPromptTokens, first.computedPromptTokens], [0, 4]);
  assertEquals([again.reusedPromptTokens, again.computedPromptTokens], [3, 1]);
  assertEquals(again.ids, first.ids);
});

/** Takes the first tokens and then no more, while steps are still queued. */
async function leaveHalfway(decoder: Decoder, request: DecodeRequest): Promise<void> {
  for await (const _ of decoder.decode({ ...request, maxTokens: 60, eosTokenIds: [] })) break;
}
