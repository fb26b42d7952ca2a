/** Every architecture computes what the transformers library computes, with drafts as without. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { GREEDY } from "../../src/decode/types.ts";
import type { ModelConfig } from "../../src/model/config.ts";
import { collect } from "../decode/collect.ts";
import { DECODING_VARIANTS, IS_SECOND_DRIVER, withGpu } from "../gpu/with_gpu.ts";
import { assertDraftsChangeNothing } from "./architecture_drafting.ts";
import {
  exactDecoder,
  type GoldenCase,
  goldenCases,
  GOLDENS,
  KINDS,
  loadGolden,
} from "./architecture_goldens.ts";
import { Forward } from "./forward.ts";

/** All kinds, but on the slow second driver one for each of the things that kernels do for some alone. */
const TRIED_KINDS = IS_SECOND_DRIVER
  ? ["gemma2", "gemma3", "llama-bias", "mistral-window", "olmo2", "phi3-partial"]
  : KINDS;

/** Those whose layers differ most from each other; the long tests draft with all. */
const DRAFTING_KINDS = ["gemma3", "mistral-window", ...IS_SECOND_DRIVER ? [] : ["gemma2", "qwen3"]];

/** Of the golden logits, which have six decimals. */
const ROUNDING = 0.5e-6;

for (const kind of TRIED_KINDS) {
  const folder = join(GOLDENS, kind);

  for (const { title, options } of DECODING_VARIANTS) {
    withGpu(`${title}: ${kind} has the library's logits and ids`, async (gpu) => {
      using model = await loadGolden(gpu, folder);
      using forward = new Forward(model, model.contextLength);
      using decoder = exactDecoder(model);
      const { vocabSize, eosTokenIds } = model.config;
      for (const golden of partOf(await goldenCases(folder))) {
        const logits = (await forward.runText(golden.prompt_ids)).slice(-vocabSize);
        const allowed = tolerance(model.config) * golden.largest_logit + ROUNDING;
        for (const [id, expected] of golden.logits_after_prompt.entries()) {
          const error = Math.abs(logits[id] - expected);
          assert(error <= allowed, `logit ${id} is off by ${error}, allowed ${allowed}`);
        }
        const { ids } = await collect(decoder, {
          promptIds: golden.prompt_ids,
          maxTokens: golden.greedy_ids.length,
          sampling: GREEDY,
          eosTokenIds,
        });
        assertEquals(ids, golden.greedy_ids);
      }
    }, options);
  }
}

for (const kind of DRAFTING_KINDS) {
  withGpu(`${kind} says the same with drafts of every method`, async (gpu) => {
    const folder = join(GOLDENS, kind);
    const cases = partOf(await goldenCases(folder));
    await assertDraftsChangeNothing(gpu, folder, cases, !IS_SECOND_DRIVER);
  });
}

/**
 * How far a logit may be off, in units of the largest. About ten roundings per layer (five products,
 * two norms, softmax, gate, residual sums) and two at the end each err by √K ε/2 for a sum of K terms
 * of either sign. They are independent of each other, so their squares add up. Eight such deviations.
 */
function tolerance(
  { hiddenSize, intermediateSize, headCount, headDim, layerCount }: ModelConfig,
): number {
  const longest = Math.max(hiddenSize, intermediateSize, headCount * headDim);
  return 8 * Math.sqrt((10 * layerCount + 2) * longest) * 2 ** -24;
}

/** All cases; on the slow second driver one whose prompt is longer than a window. */
function partOf(cases: readonly GoldenCase[]): readonly GoldenCase[] {
  return IS_SECOND_DRIVER ? cases.slice(2, 3) : cases;
}
