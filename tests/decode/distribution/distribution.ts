/** Whether text that was sampled with drafts follows the model's own distribution. */
import { assert } from "@std/assert";
import { randomIntegers } from "../../../src/checks/oracles/numbers/random.ts";
import { filteredDistribution } from "../../../src/checks/oracles/sampling.ts";
import { createDecoder } from "../../../src/decode/decoder.ts";
import { GREEDY, type SamplingSettings } from "../../../src/ops/choose.ts";
import { hiddenTransfer } from "../../../src/draft/hidden_transfer/hidden_transfer.ts";
import { createMaps } from "../../draft/random_maps.ts";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import { randomModel, tiny } from "../../model/random_model.ts";
import { chainRows, createKvCache, forwardRows } from "../../reference/model.ts";
import { chiSquareTest } from "../../reference/statistics.ts";
import { collect } from "../collect.ts";

const BINS = 40;
const CONFIG = tiny({ vocabSize: 12 });
const PROMPT = [3, 1, 4];

/** Settings that are tried: the distribution itself, and all filters at once. */
export const SETTINGS: readonly Partial<SamplingSettings>[] = [
  {},
  { temperature: 0.8, topK: 9, topP: 0.95, minP: 0.02, repetitionPenalty: 1.1 },
];

/** Draws at least `samples` tokens and compares them with what the oracle says of their texts. */
export async function assertDistribution(
  gpu: Gpu,
  settings: Partial<SamplingSettings>,
  samples: number,
): Promise<void> {
  const sampling = { ...GREEDY, temperature: 1, ...settings };
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  using maps = createMaps(gpu, CONFIG.hiddenSize, [0, 1, 1], "random");
  const method = hiddenTransfer(maps, { nodes: 16, inPassNodes: 4 });
  using decoder = createDecoder(random.model, { prefillChunk: 4, kv: "f32" }, method);
  const right = new Bins();
  const wrong = new Bins();
  let forwards = 0;
  for (let seed = 0; right.count < samples; seed++) {
    const request = { promptIds: PROMPT, maxTokens: CONFIG.contextLength, eosTokenIds: [] };
    const result = await collect(decoder, { ...request, sampling: { ...sampling, seed } });
    forwards += result.forwards;
    const text = [...PROMPT, ...result.ids];
    const cache = createKvCache(CONFIG, text.length);
    const { logits } = forwardRows(random.weights, CONFIG, chainRows(text, 0), cache);
    right.add(text, logits, sampling);
    wrong.add(text, logits, { ...sampling, temperature: 1.25 * sampling.temperature });
  }
  assert(right.count > 1.3 * forwards, `${right.count} tokens in ${forwards} passes`);
  // The draws are the same at every run, so this fails for ever or never: one in a million.
  assert(right.pValue > 1e-6, `p-value ${right.pValue}`);
  assert(wrong.pValue < 1e-6, `another temperature goes unnoticed: p-value ${wrong.pValue}`);
}

/**
 * Tokens that come from distributions that are all different, made comparable: with the tokens laid
 * out on [0, 1) by falling probability, a random point of the drawn token's stretch is uniform.
 */
class Bins {
  readonly counts: number[] = new Array(BINS).fill(0);
  count = 0;

  /** Adds what follows the prompt, each token with the distribution that the logits say. */
  add(text: readonly number[], logits: Float64Array, sampling: SamplingSettings): void {
    const points = randomIntegers(text.length, this.count, 2 ** 32);
    for (let position = PROMPT.length; position < text.length; position++) {
      const id = text[position];
      const row = logits.subarray((position - 1) * CONFIG.vocabSize, position * CONFIG.vocabSize);
      const probabilities = filteredDistribution(row, sampling, new Set(text.slice(0, position)));
      const before = probabilities.reduce((sum, p, token) => {
        const isBefore = p > probabilities[id] || (p === probabilities[id] && token < id);
        return isBefore ? sum + p : sum;
      }, 0);
      const point = before + points[position] * 2 ** -32 * probabilities[id];
      this.counts[Math.min(BINS - 1, Math.floor(point * BINS))]++;
      this.count++;
    }
  }

  get pValue(): number {
    return chiSquareTest(this.counts, new Array(BINS).fill(1 / BINS)).pValue;
  }
}
