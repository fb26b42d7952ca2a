/** What drafts were worth, in numbers. */

import type { DecodeResult } from "../../decode/types.ts";

/** What became of drafts. */
export type DraftCounts = Pick<DecodeResult, "forwards" | "acceptedByOffset">;

/** The counts of several texts together. */
export function totalCounts(texts: readonly DraftCounts[]): DraftCounts {
  const acceptedByOffset: number[] = [];
  let forwards = 0;
  for (const text of texts) {
    forwards += text.forwards;
    text.acceptedByOffset.forEach((amount, i) => {
      acceptedByOffset[i] = (acceptedByOffset[i] ?? 0) + amount;
    });
  }
  return { forwards, acceptedByOffset };
}

/** Tokens that a forward pass gave: the accepted drafts and the model's own choice after them. */
export function tokensPerForward({ forwards, acceptedByOffset }: DraftCounts): number {
  const accepted = acceptedByOffset.reduce((sum, amount) => sum + amount, 0);
  return forwards === 0 ? 0 : (forwards + accepted) / forwards;
}

/** Of the passes, the part that accepted a draft at offset 1, 2, …, `depth`. */
export function acceptanceRates({ forwards, acceptedByOffset }: DraftCounts, depth: number) {
  return Array.from(
    { length: depth },
    (_, i) => forwards === 0 ? 0 : (acceptedByOffset[i] ?? 0) / forwards,
  );
}
