/** The lines that follow each answer: what it cost, and what its drafts gained. */

import type { StepUse } from "../../decode/gears/gears.ts";
import type { StepKind } from "../../draft/drafter.ts";
import type { DecodeResult } from "../../decode/types.ts";
import type { SpeedUp } from "../../engine/audit/draft_audit.ts";
import type { Drafting } from "../../engine/drafting/drafting.ts";
import { count, list } from "../../engine/text/count.ts";
import type { TextResult } from "../../engine/text/generate_text.ts";
import {
  acceptanceRates,
  type DraftCounts,
  tokensPerForward,
} from "../../engine/text/statistics.ts";

/** What an answer cost. */
export type Cost = Pick<
  DecodeResult,
  | "ids"
  | "reusedPromptTokens"
  | "computedPromptTokens"
  | "promptSeconds"
  | "decodeSeconds"
  | "forwards"
>;

/**
 * Tokens with their time and speed per second, prompt and answer apart. Mostly short enough for one
 * line of a terminal: `prompt 12 tokens, 0.04 s, 310/s; generated 48 tokens, 0.50 s, 96.0/s, 48 passes`
 */
export function statisticsLine(promptTokens: number, cost: Cost): string {
  const { reusedPromptTokens, computedPromptTokens, promptSeconds, ids, decodeSeconds, forwards } =
    cost;
  const read = reusedPromptTokens + computedPromptTokens;
  const part = read < promptTokens ? `${read} of ` : "";
  const reused = reusedPromptTokens > 0 ? ` (${reusedPromptTokens} reused)` : "";
  return `prompt ${part}${count(promptTokens, "token")}${reused}, ${
    timing(computedPromptTokens, promptSeconds)
  }; ` +
    `generated ${count(ids.length, "token")}, ${timing(ids.length, decodeSeconds)}, ` +
    `${count(forwards, "pass", "passes")}`;
}

/** Why an answer ended: `ended after 256 tokens, as --max-tokens says` */
export function endingText(
  { finishReason, stop, ids }: Pick<TextResult, "finishReason" | "stop" | "ids">,
  { contextLength }: { contextLength: number },
): string {
  switch (finishReason) {
    case "eos":
      return "ended by the model";
    case "stop":
      return `ended at the stop text ${JSON.stringify(stop)}`;
    case "length":
      return `ended after ${count(ids.length, "token")}, as --max-tokens says`;
    case "context":
      return `the context of ${contextLength} tokens is full`;
    case "aborted":
      return "interrupted";
  }
}

/** What became of drafts, and if it changes while a text runs, of which kinds its steps were. */
export type DraftsMade = DraftCounts & Pick<DecodeResult, "trees">;

/**
 * What the drafts did: `2.61 tokens per pass, drafts of hidden-transfer and prompt-lookup kept 71% 52% 38%`,
 * and if it was measured, what they gained: `; 1.52× plain decoding, 512/s against 336/s once running
 * (measured in 0.31 s)`. Offsets after the first at which none was kept are left out, and all of them where no
 * step verified a draft.
 */
export function draftsLine(
  counts: DraftsMade,
  { depth, sources }: Pick<Drafting, "depth" | "sources">,
  speedUp: SpeedUp | null,
): string {
  const gain = speedUp === null ? "" : `; ${speedUpText(speedUp)}`;
  const perPass = `${tokensPerForward(counts).toFixed(2)} tokens per pass`;
  const hasNone = counts.trees?.every(({ steps, drafts }) => steps === 0 || drafts === "none");
  if (hasNone) return `${perPass}, no drafts were verified${gain}`;
  const rates = acceptanceRates(counts, depth);
  const told = rates.slice(0, 2 + rates.findLastIndex((rate) => rate > 0));
  const kept = told.map((rate) => `${Math.round(100 * rate)}%`).join(" ");
  return `${perPass}, drafts of ${list(sources)} kept ${kept}${gain}`;
}

/**
 * What was chosen while the answer came: `auto chose: 52 passes with trees of 4 nodes, 12 with up to 3
 * tokens looked up, 8 without drafts; it began with what earlier runs had learnt`
 */
export function treesLine(
  trees: readonly StepUse[],
  { remembers = false }: Pick<Drafting, "remembers">,
): string {
  const parts = trees.filter(({ steps }) => steps > 0).sort((a, b) => b.steps - a.steps)
    .map(({ steps, ...kind }, i) =>
      `${i === 0 ? count(steps, "pass", "passes") : steps} ${kindText(kind)}`
    );
  const began = remembers ? "; it began with what earlier runs had learnt" : "";
  return `auto chose: ${parts.join(", ")}${began}`;
}

function kindText({ nodes, drafts }: StepKind): string {
  switch (drafts) {
    case "none":
      return "without drafts";
    case "lookups":
      return `with up to ${nodes - 1} tokens looked up`;
    case "all":
      return `with trees of ${nodes} nodes`;
  }
}

/**
 * `1.52× plain decoding, 512/s against 336/s once running (measured in 0.31 s)`: unlike in the line of
 * costs, work that is done once does not count. Of a processor it is `512 against 336 per second of processor
 * time`, which other work beside it changes less.
 */
export function speedUpText(
  { drafted, plain, ofProcessor, measured, seconds }: SpeedUp,
): string {
  const how = {
    compared: `all of it decoded again in ${seconds.toFixed(2)} s`,
    calibrated: `measured in ${seconds.toFixed(2)} s`,
    before: "plain measured before",
  }[measured];
  const speeds = ofProcessor
    ? `${speed(drafted)} against ${speed(plain)} per second of processor time`
    : `${speed(drafted)}/s against ${speed(plain)}/s once running`;
  return `${(drafted / plain).toFixed(2)}× plain decoding, ${speeds} (${how})`;
}

function timing(tokens: number, seconds: number): string {
  const duration = `${seconds.toFixed(2)} s`;
  return tokens > 0 && seconds > 0 ? `${duration}, ${speed(tokens / seconds)}/s` : duration;
}

/** A speed with three significant digits. */
function speed(perSecond: number): string {
  return perSecond >= 100 ? perSecond.toFixed(0) : perSecond.toPrecision(3);
}
