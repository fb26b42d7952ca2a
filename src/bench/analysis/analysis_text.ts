import { createDecoder } from "../../decode/decoder.ts";
import type { Transformer } from "../../model/transformer.ts";
import { decodeAll, greedyRequest } from "../runs/greedy.ts";

/** A prompt and what the model made of it. */
export interface AnalysisText {
  tokens: readonly number[];
  /** The first position after which every token is the model's own choice. */
  firstOrigin: number;
}

/** Continues each prompt greedily by `maxTokens` tokens, end tokens ignored. */
export async function writeTexts(
  model: Transformer,
  prompts: readonly (readonly number[])[],
  maxTokens: number,
  onProgress?: (done: number, total: number) => void,
): Promise<AnalysisText[]> {
  using decoder = createDecoder(model);
  const texts: AnalysisText[] = [];
  for (const [done, promptIds] of prompts.entries()) {
    onProgress?.(done, prompts.length);
    const { ids } = await decodeAll(decoder, greedyRequest(promptIds, maxTokens));
    texts.push({ tokens: [...promptIds, ...ids], firstOrigin: promptIds.length - 1 });
  }
  return texts;
}

/** A position to draft from, and the token that comes at an offset after the next: n and n + 1 + i. */
export interface Target {
  origin: number;
  token: number;
}

/** Positions of a text from which the draft at the offset can be right, and the right tokens. */
export function targetsAt({ tokens, firstOrigin }: AnalysisText, offset: number): Target[] {
  const targets: Target[] = [];
  for (let origin = firstOrigin; origin + 1 + offset < tokens.length; origin++) {
    targets.push({ origin, token: tokens[origin + 1 + offset] });
  }
  return targets;
}
