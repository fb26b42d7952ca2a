/** Every architecture computes what the transformers library computes, with drafts as without. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { type DecodeRequest, GREEDY } from "../../src/decode/types.ts";
import type { ModelConfig } from "../../src/model/config.ts";
import { collect } from "../decode/collect.ts";
import { DECODING_VARIANTS, IS_SECOND_DRIVER, withGpu } from "../gpu/with_gpu.ts";
import {
  draftingMethods,
  exactDecoder,
  type GoldenCase,
  goldenCases,
  GOLDENS,
  loadGolden,
} from "./architecture_goldens.ts";
import { Forward } from "./forward.ts";

const KINDS = [...Deno.readDirSync(GOLDENS)].map(({ name }) => name).sort();

/** All, but on the slow second driver those whose layers differ most from each other. */
const DRAFTING_KINDS = IS_SECOND_DRIVER ? ["gemma3", "mistral-window"] : KINDS;

/** Of the golden logits, which have six decimals. */
const ROUNDING = 0.5e-6;

/** With seeds that make different texts. */
const SAMPLINGS = [GREEDY, { ...GREEDY, temperature: 0.7, seed: 5 }];

for (const kind of KINDS) {
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
    using resources = new DisposableStack();
    const folder = join(GOLDENS, kind);
    const model = resources.use(await loadGolden(gpu, folder));
    const plain = resources.use(exactDecoder(model));
    const requests = requestsFor(partOf(await goldenCases(folder)));
    const expected: number[][] = [];
    for (const request of requests) expected.push((await collect(plain, request)).ids);
    for (const [name, { method, isOftenRight }] of draftingMethods(model, resources)) {
      if (IS_SECOND_DRIVER && !isOftenRight) continue;
      using decoder = exactDecoder(model, method);
      let accepted = 0;
      for (const [i, request] of requests.entries()) {
        const { ids, acceptedByOffset } = await collect(decoder, request);
        assertEquals(ids, expected[i], name);
        accepted += acceptedByOffset.reduce((sum, count) => sum + count, 0);
      }
      // Nothing would be proved if no draft were ever accepted; random maps and lookups may miss.
      assert(accepted > 5 || !isOftenRight, `${name}: ${accepted} drafts were accepted`);
    }
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

/** The prompts that are longer than a window, each continued in every way. */
function requestsFor(cases: readonly GoldenCase[]): DecodeRequest[] {
  return cases.map(({ prompt_ids }) => prompt_ids).filter(({ length }) => length > 10)
    .flatMap((promptIds) =>
      SAMPLINGS.map((sampling) => ({ promptIds, maxTokens: 24, sampling, eosTokenIds: [] }))
    );
}
