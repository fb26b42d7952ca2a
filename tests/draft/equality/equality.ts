/** Whatever a method drafts, the text is that of plain decoding. */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { createDecoder, type DecoderOptions } from "../../../src/decode/decoder.ts";
import type { Decoder } from "../../../src/decode/types.ts";
import type { DraftingMethod } from "../../../src/draft/drafter.ts";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import type { ModelConfig } from "../../../src/model/config.ts";
import type { Transformer } from "../../../src/model/transformer.ts";
import { collect } from "../../decode/collect.ts";
import { anyDecoding, MODELS, TREE_SIZES } from "../../decode/lossless/random_decodings.ts";
import { randomModel } from "../../model/random_model.ts";

/** Small, since the texts are short and each size of a chunk compiles kernels of its own. */
const OPTIONS: DecoderOptions = { prefillChunk: 4, stepsPerSubmit: 4, ringDepth: 2 };

/** Makes a method for a model; what it needs is freed with the resources. */
export type MethodMaker = (model: Transformer, resources: DisposableStack) => DraftingMethod;

/** Any settings of a method that suit a model. */
export type AnyMethod = (config: ModelConfig) => fc.Arbitrary<MethodMaker>;

/**
 * Decodes by the method and plainly, `runs` times at random, and compares the ids.
 * @param modelCount How many of the random models take part.
 */
export async function assertEqualIds(
  gpu: Gpu,
  anyMethod: AnyMethod,
  runs: number,
  modelCount: number,
): Promise<void> {
  using models = new DisposableStack();
  const opened: { model: Transformer; plain: Decoder }[] = [];
  for (const config of MODELS.slice(0, modelCount)) {
    const { model } = models.use(await randomModel(gpu, config, ["F32", "F16", "BF16"]));
    opened.push({ model, plain: models.use(createDecoder(model, OPTIONS)) });
  }
  const anyRun = anyDecoding(modelCount, TREE_SIZES).chain(({ model, asked }) =>
    anyMethod(MODELS[model]).map((make) => ({ ...opened[model], asked, make }))
  );
  const accepted: number[] = [];
  const property = fc.asyncProperty(anyRun, async ({ model, plain, asked, make }) => {
    using resources = new DisposableStack();
    const method = make(model, resources);
    const decoder = resources.use(createDecoder(model, OPTIONS, method));
    const [expected, found] = await Promise.all([
      collect(plain, asked),
      collect(decoder, asked),
    ]);
    assertEquals(found.ids, expected.ids);
    assertEquals(found.finishReason, expected.finishReason);
    found.acceptedByOffset.forEach((count, i) => accepted[i] = (accepted[i] ?? 0) + count);
  });
  await fc.assert(property, { numRuns: runs }); // A failure prints the seed.
  // Nothing would be proved if no draft were ever accepted; few runs may miss the rarer ones.
  const [first = 0, second = 0] = accepted;
  assert(first > 1 && (second > 1 || runs < 40), `accepted by offset: ${accepted}`);
}
