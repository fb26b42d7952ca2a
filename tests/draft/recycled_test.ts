/** What the model chose after drafts that were not kept is drafted where the like comes again. */
import { assert, assertEquals } from "@std/assert";
import { encodeBenchPrompt, PROMPTS } from "../../src/bench/runs/prompts.ts";
import { createDecoder } from "../../src/decode/decoder.ts";
import { GREEDY } from "../../src/ops/choose.ts";
import type { DraftingMethod } from "../../src/draft/drafter.ts";
import { PHRASES_ASSET } from "../../src/draft/phrases/load_phrases.ts";
import { phrasesMethod } from "../../src/draft/phrases/phrases.ts";
import { ModelFolder } from "../../src/engine/model_folder.ts";
import { NO_FOLLOWERS } from "../../src/ops/tree/accept.ts";
import { collect } from "../decode/collect.ts";
import { DEMO } from "../engine/maps_file.ts";
import { withGpu } from "../gpu/with_gpu.ts";
import { demoModel } from "../model/demo_model.ts";

withGpu("choices after drafts save passes, and a text begins without another's", async (gpu) => {
  using model = await demoModel(gpu);
  const folder = await ModelFolder.open(DEMO);
  const text = await folder.text();
  using phrases = await PHRASES_ASSET.load(model, `${DEMO}/phrases.safetensors`);
  const method = phrasesMethod(phrases, { nodes: 16 });
  using recycling = createDecoder(model, {}, method);
  using forgetting = createDecoder(model, {}, withoutRecycling(method));
  let [recycled, forgotten] = [0, 0];
  for (const prompt of [PROMPTS[35], PROMPTS[41]]) {
    const request = {
      promptIds: encodeBenchPrompt(text, prompt),
      maxTokens: 128,
      sampling: GREEDY,
      eosTokenIds: [],
    };
    const first = await collect(recycling, request);
    const again = await collect(recycling, request);
    const plain = await collect(forgetting, request);
    assertEquals(first.ids, plain.ids);
    assertEquals(again.forwards, first.forwards);
    recycled += first.forwards;
    forgotten += plain.forwards;
  }
  assert(recycled < forgotten, `${recycled} passes, ${forgotten} without what was chosen before`);
});

/** The same method where nothing tells acceptance to keep choices. */
function withoutRecycling(method: DraftingMethod): DraftingMethod {
  return {
    ...method,
    create(context) {
      const drafter = method.create(context);
      return {
        method: drafter.method,
        source: NO_FOLLOWERS,
        forward: (nodes) => drafter.forward(nodes),
        lookup: (drafts, nodes) => drafter.lookup!(drafts, nodes),
        draft: (choosing, nodes) => drafter.draft(choosing, nodes),
        begin: (ids) => drafter.begin!(ids),
        [Symbol.dispose]: () => drafter[Symbol.dispose](),
      };
    },
  };
}
