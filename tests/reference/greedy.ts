import { argmax } from "../../src/checks/oracles/sampling.ts";
import type { ReferenceConfig } from "./config.ts";
import { chainRows, createKvCache, forwardRows, type ModelFloats } from "./model.ts";

/**
 * Continues the prompt with the model's most probable token, one pass per token, and returns the
 * new ids: `maxTokens` of them, or fewer when one of `endTokens` comes, which is then the last.
 */
export function greedy(
  weights: ModelFloats,
  config: ReferenceConfig,
  promptIds: readonly number[],
  maxTokens: number,
  endTokens: readonly number[],
): number[] {
  const cache = createKvCache(config, promptIds.length + maxTokens);
  const ids: number[] = [];
  let rows = chainRows(promptIds, 0);
  while (ids.length < maxTokens) {
    const { logits } = forwardRows(weights, config, rows, cache);
    const next = argmax(logits.subarray(logits.length - config.vocabSize));
    ids.push(next);
    if (endTokens.includes(next)) break;
    rows = chainRows([next], promptIds.length + ids.length - 1);
  }
  return ids;
}
