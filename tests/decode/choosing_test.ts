/** Which kernels choose tokens, by the settings of a decoding. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { argmax, penalisedLogits } from "../../src/checks/oracles/sampling.ts";
import { createDecoder } from "../../src/decode/decoder.ts";
import { choosingFor } from "../../src/decode/step.ts";
import { textLogits } from "../../src/engine/audit/text_logits.ts";
import { type Choosing, GREEDY, type TokenChoice } from "../../src/ops/choose.ts";
import { withGpu } from "../gpu/with_gpu.ts";
import { randomModel, tiny } from "../model/random_model.ts";
import { collect } from "./collect.ts";

const CASES: readonly [Partial<TokenChoice>, Choosing][] = [
  [{}, "greedy"],
  [{ topK: 5, topP: 0.5, minP: 0.5 }, "greedy"], // The most probable token is always kept.
  [{ repetitionPenalty: 1.1 }, "sampled"],
  [{ topK: 5, repetitionPenalty: 0.9 }, "sampled"],
  [{ temperature: 0.7 }, "sampled"],
  [{ temperature: 0.7, repetitionPenalty: 1.1 }, "sampled"],
  [{ temperature: 0.7, topK: 1 }, "filtered"],
  [{ temperature: 0.7, topP: 0.99 }, "filtered"],
  [{ temperature: 0.7, minP: 0.01 }, "filtered"],
];

Deno.test("a step does what its settings need", () => {
  for (const [settings, expected] of CASES) {
    assertEquals(choosingFor({ ...GREEDY, ...settings }), expected, JSON.stringify(settings));
  }
});

withGpu(
  "at temperature 0 the penalty counts for all tokens that stand in the text",
  async (gpu) => {
    using random = await randomModel(gpu, tiny({ vocabSize: 40 }), ["F32"]);
    const { model } = random;
    using decoder = createDecoder(model);
    const request = { promptIds: [3, 1, 4, 1, 5], maxTokens: 24, eosTokenIds: [] };
    const plain = await collect(decoder, { ...request, sampling: GREEDY });
    const sampling = { ...GREEDY, repetitionPenalty: 1.8 };
    const { ids } = await collect(decoder, { ...request, sampling });
    assertNotEquals(ids, plain.ids);
    const text = [...request.promptIds, ...ids];
    const from = request.promptIds.length - 1;
    const expected: number[] = [];
    for await (const logits of textLogits(model, { ids: text.slice(0, -1), from, kv: "f16" })) {
      const seen = new Set(text.slice(0, request.promptIds.length + expected.length));
      expected.push(argmax(penalisedLogits(logits, sampling.repetitionPenalty, seen)));
    }
    assertEquals(ids, expected);
  },
);
