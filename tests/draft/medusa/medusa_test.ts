import { assert, assertEquals } from "@std/assert";
import { createDecoder } from "../../../src/decode/decoder.ts";
import { GREEDY } from "../../../src/ops/choose.ts";
import { medusa } from "../../../src/draft/medusa/medusa.ts";
import { gumbelNoise } from "../../../src/checks/oracles/sampling.ts";
import { collect } from "../../decode/collect.ts";
import { DECODING_VARIANTS, withGpu } from "../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../../model/random_model.ts";
import { medusaForward } from "../../reference/medusa.ts";
import { chainRows, createKvCache, forwardRows } from "../../reference/model.ts";
import { createHeads, headNumbers } from "../random_heads.ts";

const CONFIG = tiny({ hiddenSize: 24, vocabSize: 6, contextLength: 128 });
const PROMPT = [3, 1, 4, 1, 5];
const SAMPLING = { ...GREEDY, temperature: 1.5, seed: 3 };

for (const { title, options } of DECODING_VARIANTS) {
  withGpu(`${title}: a chain drafts what the heads' definition says`, async (gpu) => {
    using random = await randomModel(gpu, CONFIG, ["F32"]);
    const { model, weights } = random;
    const count = 3;
    const numbers = headNumbers("random", CONFIG, count);
    using heads = createHeads(model, numbers);
    // The first candidate of each head, one below the other.
    const paths = Array.from({ length: count }, (_, i) => Array(i + 1).fill(0));
    const method = medusa(heads, { nodes: 1 + count, paths, ranks: 1 });
    using decoder = createDecoder(model, { kv: "f32" }, method);
    const lengths: number[] = [];
    const { ids } = await collect(decoder, {
      promptIds: PROMPT,
      maxTokens: 100,
      sampling: SAMPLING,
      eosTokenIds: [],
      onStep: (step) => lengths.push(step.length),
    });
    assertEquals(lengths, expectedLengths(ids));
    assert(lengths.some((length) => length > 2), `tokens per step: ${lengths}`);

    /** How many tokens each step should give: the drafts that the text goes on with, and one. */
    function expectedLengths(ids: readonly number[]): number[] {
      const text = [...PROMPT, ...ids];
      const { hiddenSize: size, vocabSize } = CONFIG;
      const rows = chainRows(text, 0);
      const forward = forwardRows(weights, CONFIG, rows, createKvCache(CONFIG, text.length));
      const parts = numbers.outputs.map((output, i) => ({
        inner: numbers.inner.subarray(i * size * size, (i + 1) * size * size),
        bias: numbers.bias.subarray(i * size, (i + 1) * size),
        output,
      }));
      const { pseudo } = medusaForward(weights, CONFIG, forward, parts);
      // The draft for a place of the text, whose noise is known, by a head at a position.
      const drafted = (position: number, head: number, place: number) => {
        const { temperature, seed } = SAMPLING;
        const row = pseudo[head].subarray(position * vocabSize, (position + 1) * vocabSize)
          .map((logit, token) => logit + temperature * gumbelNoise(seed, place, token));
        return row.indexOf(row.reduce((a, b) => Math.max(a, b)));
      };
      const expected = [1]; // The first step has no drafts.
      let end = PROMPT.length + 1;
      while (end < text.length) {
        // Drafts come from the state before the newest token, which stands at end − 1.
        let kept = 0;
        while (kept < count && drafted(end - 2, kept, end + kept) === text[end + kept]) kept++;
        const length = Math.min(kept + 1, text.length - end);
        expected.push(length);
        end += length;
      }
      return expected;
    }
  }, options);
}
