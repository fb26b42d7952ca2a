/** The line that follows each answer: what it cost. */

import type { DecodeResult } from "../decode/types.ts";

/** What the line is made of. */
export type Cost = Pick<
  DecodeResult,
  "ids" | "computedPromptTokens" | "promptSeconds" | "decodeSeconds" | "forwards"
>;

/** `12 prompt tokens, 310/s; 48 tokens in 0.50 s, 96.0/s, 48 passes` */
export function statisticsLine(promptTokens: number, cost: Cost): string {
  const { computedPromptTokens, promptSeconds, ids, decodeSeconds, forwards } = cost;
  const reused = promptTokens - computedPromptTokens;
  const prompt = reused > 0
    ? `prompt ${count(promptTokens, "token")} (${reused} reused)`
    : `prompt ${count(promptTokens, "token")}`;
  return `${prompt} in ${timing(computedPromptTokens, promptSeconds)}; ` +
    `generated ${count(ids.length, "token")} in ${timing(ids.length, decodeSeconds)}, ` +
    `${count(forwards, "pass", "passes")}`;
}

function timing(tokens: number, seconds: number): string {
  const duration = `${seconds.toFixed(2)} s`;
  return tokens > 0 && seconds > 0 ? `${duration}, ${speed(tokens / seconds)} tokens/s` : duration;
}

/** A speed with three digits that mean something. */
function speed(perSecond: number): string {
  return perSecond >= 100 ? perSecond.toFixed(0) : perSecond.toPrecision(3);
}

/** `1 token`, `2 tokens`. */
export function count(amount: number, one: string, many = one + "s"): string {
  return `${amount} ${amount === 1 ? one : many}`;
}
