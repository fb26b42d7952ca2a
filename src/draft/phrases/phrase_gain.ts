import { RIGHT_ELSEWHERE } from "../right_elsewhere.ts";
import type { ModelPhrases } from "./load_phrases.ts";

/**
 * Tokens that a step with trees of so many nodes is expected to give; undefined where nothing tells. Between
 * sizes that were tested it grows with the logarithm of the nodes, and beyond the largest no more.
 */
export function phraseGain(
  { gains }: Pick<ModelPhrases, "gains">,
  nodes: number,
): number | undefined {
  if (gains === null) return undefined;
  const tested = Object.entries({ 1: 1, ...gains })
    .map(([size, gain]) => ({ size: Number(size), gain }))
    .sort((a, b) => a.size - b.size);
  const upper = tested.findIndex(({ size }) => size >= nodes);
  const right = (gain: number) => 1 + RIGHT_ELSEWHERE * (gain - 1);
  if (upper === -1) return right(tested[tested.length - 1].gain);
  if (upper === 0) return 1;
  const [less, more] = tested.slice(upper - 1, upper + 1);
  const part = Math.log(nodes / less.size) / Math.log(more.size / less.size);
  return right(less.gain + part * (more.gain - less.gain));
}
