import { choiceText } from "../tuning/drafting_text.ts";
import type { Trial } from "../tuning/tuner.ts";
import { table } from "./table.ts";

/** What was tried, as a table for people. */
export function trialTable(trials: readonly Trial[]): string {
  const head = ["drafting", "tokens per pass", "ms per pass", "ms per token", "× plain"];
  const rows = trials.map(({ figures, isDropped, ...choice }) => [
    choiceText(choice),
    figures.tokensPerForward.toFixed(2),
    figures.millisecondsPerForward.toFixed(2),
    figures.millisecondsPerToken.toFixed(2),
    figures.speedUp.toFixed(2) + (isDropped ? " (dropped)" : ""),
  ]);
  return table([head, ...rows]);
}
