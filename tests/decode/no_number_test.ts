/** Weights that are no numbers, and tokens that the model does not have. */
import { assertRejects } from "@std/assert";
import { createDecoder } from "../../src/decode/decoder.ts";
import type { DecodeRequest } from "../../src/decode/types.ts";
import { GREEDY } from "../../src/ops/choose.ts";
import { promptLookup } from "../../src/draft/lookup/prompt_lookup.ts";
import { phrasesMethod } from "../../src/draft/phrases/phrases.ts";
import { DataError } from "../../src/format/errors.ts";
import type { Transformer } from "../../src/model/transformer.ts";
import { createPhrases } from "../draft/random_phrases.ts";
import { TEXT_VARIANTS, withGpu } from "../gpu/with_gpu.ts";
import { randomModel, tiny } from "../model/random_model.ts";
import { collect } from "./collect.ts";

const CONFIG = tiny({ vocabSize: 1500 });

const REQUEST: DecodeRequest = {
  promptIds: [3, 1, 4],
  maxTokens: 12,
  sampling: GREEDY,
  eosTokenIds: [],
};

const SAMPLED = { ...GREEDY, temperature: 0.8, topK: 20, topP: 0.9, repetitionPenalty: 1.2 };

/** Makes the logit of one token in the second half of the vocabulary no number. */
function poisonHead({ gpu, weights: { head } }: Transformer, value: number): void {
  // Octets of eight columns lie together or apart, but the eight weights of an octet never.
  const column = 1201;
  const octetsPerColumn = head.inner / 8;
  const octet = head.order === "columns"
    ? column * octetsPerColumn
    : (column >> 3) * octetsPerColumn * 8 + (column & 7);
  gpu.write(head.slices[0].weights, 32 * octet, new Float32Array(8).fill(value));
}

for (const { title, options } of TEXT_VARIANTS) {
  for (const value of [NaN, Infinity]) {
    withGpu(`${title}: logits that are ${value} end the text with an error`, async (gpu) => {
      using random = await randomModel(gpu, CONFIG, ["F32"]);
      using phrases = createPhrases(gpu, CONFIG.vocabSize);
      const methods = [
        undefined,
        promptLookup({ drafts: 3 }),
        phrasesMethod(phrases, { nodes: 4 }),
      ];
      poisonHead(random.model, value);
      for (const sampling of [GREEDY, SAMPLED]) {
        for (const method of methods) {
          using decoder = createDecoder(random.model, {}, method);
          await assertRejects(
            () => collect(decoder, { ...REQUEST, sampling }),
            DataError,
            "NaN or infinite",
          );
        }
      }
    }, options);
  }
}

withGpu("a token that has no embedding is refused by its id", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  using decoder = createDecoder(random.model);
  for (const id of [1500, -1, NaN, 2 ** 32 - 1]) {
    await assertRejects(
      () => collect(decoder, { ...REQUEST, promptIds: [1, id] }),
      DataError,
      `token id ${id} has no row among the model's 1500 embeddings; check that tokenizer.json `,
    );
  }
});
