/** Whatever methods without training draft, the text is that of plain decoding. */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { createDecoder, type DecoderOptions } from "../../src/decode/decoder.ts";
import type { Decoder } from "../../src/decode/types.ts";
import type { DraftingMethod } from "../../src/draft/drafter.ts";
import { earlyExit } from "../../src/draft/early_exit.ts";
import { promptLookup } from "../../src/draft/prompt_lookup.ts";
import { selfSpeculative } from "../../src/draft/self_speculative.ts";
import type { ModelConfig } from "../../src/format/config.ts";
import type { Transformer } from "../../src/model/transformer.ts";
import { collect } from "../decode/collect.ts";
import { anyDecoding, MODELS, TREE_SIZES } from "../decode/random_decodings.ts";
import { VARIANTS, withGpu } from "../gpu/with_gpu.ts";
import { randomModel } from "../model/random_model.ts";

/** Small, since the texts are short and each size of a chunk compiles kernels of its own. */
const OPTIONS: DecoderOptions = { prefillChunk: 4, stepsPerSubmit: 4, ringDepth: 2 };

/** Drafts per step: few sizes, since each compiles kernels of its own. */
const anyDrafts = fc.constantFrom(1, 3, 8);
const anyConfidence = fc.constantFrom(0, 0, 0.1, 0.6, 2);

/** Settings of each method for a model. */
const METHODS: Readonly<Record<string, (config: ModelConfig) => fc.Arbitrary<DraftingMethod>>> = {
  "prompt lookup": () =>
    fc.record({
      drafts: anyDrafts,
      shortest: fc.integer({ min: 1, max: 3 }),
      longest: fc.integer({ min: 3, max: 5 }),
    }).map(promptLookup),
  "self-speculation": ({ layerCount }) => {
    const anyLayers = fc.uniqueArray(fc.nat({ max: layerCount - 1 })).map((all) => new Set(all));
    const skips = fc.record({ attention: anyLayers, mlp: anyLayers });
    return fc.record({ drafts: anyDrafts, confidence: anyConfidence, skips }).map(selfSpeculative);
  },
  "early exit": ({ layerCount }) =>
    fc.record({
      drafts: anyDrafts,
      confidence: anyConfidence,
      layers: fc.integer({ min: 0, max: layerCount }),
    }).map(earlyExit),
};

for (const [index, { title, options }] of VARIANTS.entries()) {
  const [runs, modelCount] = index === 0 ? [100, MODELS.length] : [20, 1];
  for (const [what, methodsFor] of Object.entries(METHODS)) {
    withGpu(
      `${title}: ${runs} decodings by ${what} give the ids of plain decoding`,
      async (gpu) => {
        using models = new DisposableStack();
        const opened: { model: Transformer; plain: Decoder }[] = [];
        for (const config of MODELS.slice(0, modelCount)) {
          const { model } = models.use(await randomModel(gpu, config, ["F32", "F16", "BF16"]));
          opened.push({ model, plain: models.use(createDecoder(model, OPTIONS)) });
        }
        const anyRun = anyDecoding(modelCount, TREE_SIZES).chain(({ model, asked }) =>
          methodsFor(MODELS[model]).map((method) => ({ model, asked, method }))
        );
        const accepted: number[] = [];
        const property = fc.asyncProperty(anyRun, async ({ model: index, asked, method }) => {
          const { model, plain } = opened[index];
          using decoder = createDecoder(model, OPTIONS, method);
          const [expected, found] = await Promise.all([
            collect(plain, asked),
            collect(decoder, asked),
          ]);
          assertEquals(found.ids, expected.ids);
          assertEquals(found.finishReason, expected.finishReason);
          found.acceptedByOffset.forEach((count, i) => accepted[i] = (accepted[i] ?? 0) + count);
        });
        await fc.assert(property, { numRuns: runs }); // A failure prints the seed.
        // Nothing would be proved if no draft were ever accepted.
        assert(
          accepted[0] > runs / 5 && accepted[1] > runs / 20,
          `accepted by offset: ${accepted}`,
        );
      },
      options,
    );
  }
}
