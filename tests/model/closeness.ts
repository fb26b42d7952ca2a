import { assert, assertEquals } from "@std/assert";
import type { ModelConfig } from "../../src/model/config.ts";

/**
 * How far the logits may be from the oracle's, in units of the largest logit. About ten roundings
 * per layer (five products, two norms, softmax, gate, residual sums) each err by what a sum of K
 * terms may, 8 √K ε, and the final product once more. Which value errs how much is the business of
 * the kernels' own checks; here a wrong wire, order or layer would err by the size of a logit.
 */
export function logitTolerance(config: ModelConfig): number {
  const longest = Math.max(
    config.hiddenSize,
    config.intermediateSize,
    config.headCount * config.headDim,
  );
  return (10 * config.layerCount + 2) * 8 * Math.sqrt(longest) * 2 ** -23;
}

/** The logits are the oracle's but for `tolerance` of the largest. */
export function assertClose(found: Float32Array, expected: Float64Array, tolerance: number): void {
  assertEquals(found.length, expected.length);
  const largest = expected.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);
  const worst = found.reduce((most, logit, i) => Math.max(most, Math.abs(logit - expected[i])), 0);
  assert(worst <= tolerance * largest, `off by ${worst} of ${largest}, allowed ${tolerance}`);
}
