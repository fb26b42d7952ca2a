/** The line that follows each answer: what it cost. */

import type { DecodeResult } from "../decode/types.ts";

/** What the line is made of. */
export type Cost = Pick<
  DecodeResult,
  "ids" | "computedPromptTokens" | "promptSeconds" | "decodeSeconds" | "forwards"
>;

/**
 * Tokens with their time and speed per second, prompt and answer apart. Mostly short enough for one
 * line of a terminal: `prompt 12 tokens, 0.04 s, 310/s; generated 48 tokens, 0.50 s, 96.0/s, 48 passes`
 */
export function statisticsLine(promptTokens: number, cost: Cost): string {
  const { computedPromptTokens, promptSeconds, ids, decodeSeconds, forwards } = cost;
  const reused = promptTokens - computedPromptTokens;
  const prompt = reused > 0
    ? `prompt ${count(promptTokens, "token")} (${reused} reused)`
    : `prompt ${count(promptTokens, "token")}`;
  return `${prompt}, ${timing(computedPromptTokens, promptSeconds)}; ` +
    `generated ${count(ids.length, "token")}, ${timing(ids.length, decodeSeconds)}, ` +
    `${count(forwards, "pass", "passes")}`;
}

function timing(tokens: number, seconds: number): string {
  const duration = `${seconds.toFixed(2)} s`;
  return tokens > 0 && seconds > 0 ? `${duration}, ${speed(tokens / seconds)}/s` : duration;
}

/** A speed with three digits that mean something. */
function speed(perSecond: number): string {
  return perSecond >= 100 ? perSecond.toFixed(0) : perSecond.toPrecision(3);
}

/** `1 token`, `2 tokens`. */
export function count(amount: number, one: string, many = one + "s"): string {
  return `${amount} ${amount === 1 ? one : many}`;
}
