import type { Decoder, DecodeResult } from "../../decode/types.ts";
import { PLAIN as PLAIN_METHOD } from "../../draft/registry.ts";
import { decodeAll, greedyRequest } from "./decode_runs.ts";

/** Name of plain decoding, which everything is compared with. */
export const PLAIN: string = PLAIN_METHOD.name;

/** A prompt of a comparison. */
export interface RacePrompt {
  category: string;
  ids: readonly number[];
}

/** Who takes part; the first of a race is the one that all others are compared with. */
export interface Contender {
  name: string;
  decoder: Decoder;
}

/** One timed decoding. */
export interface Run {
  method: string;
  category: string;
  /** Index of the prompt. */
  prompt: number;
  /** The first contender's run of the same prompt and round came at most a few runs before. */
  round: number;
  tokens: number;
  forwards: number;
  /** Accepted drafts at offset 1, 2, …. */
  acceptedByOffset: number[];
  /** Time of the decoding, the prompt left out. */
  seconds: number;
}

/** The first place where a method's ids were not those of the first contender. */
export interface Difference {
  /** Index of the prompt. */
  prompt: number;
  /** Number of the generated token, from 1 on. */
  token: number;
  found: number | null;
  expected: number | null;
}

/** `token 5 of prompt 3 is 17, plain decoding has 4` */
export function differenceText(
  { prompt, token, found, expected }: Difference,
  reference: string,
): string {
  return `token ${token} of prompt ${prompt + 1} is ${found ?? "missing"}, ` +
    `${reference} has ${expected ?? "none"}`;
}

/** What came of a race. */
export interface RaceResult {
  runs: Run[];
  /** By method; who is here did not go on, and none of its runs is kept. */
  differences: ReadonlyMap<string, Difference>;
}

/** How long everything is. */
export interface RaceOptions {
  /** Tokens that each prompt is continued by, whatever they are. */
  maxTokens: number;
  /** Timed decodings of each prompt by each method. */
  rounds: number;
  /** Hears how many decodings of how many are done. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * Decodes every prompt by all contenders in turn, so that whatever slows the machine down slows all of
 * them. The ids of every decoding are compared with the first contender's of that prompt; one whose ids
 * differ once is out of the race. A short decoding of each contender before them warms up.
 *
 * @throws Error if the first contender's own ids are not the same each time.
 */
export async function race(
  contenders: readonly Contender[],
  prompts: readonly RacePrompt[],
  { maxTokens, rounds, onProgress }: RaceOptions,
): Promise<RaceResult> {
  const runs: Run[] = [];
  const differences = new Map<string, Difference>();
  const total = contenders.length * prompts.length * rounds;
  let done = 0;
  await warmUp(contenders, prompts[0], maxTokens);
  for (const [prompt, { ids: promptIds, category }] of prompts.entries()) {
    const request = greedyRequest(promptIds, maxTokens);
    let expected: readonly number[] | undefined;
    for (let round = 0; round < rounds; round++) {
      for (const { name, decoder } of contenders) {
        if (!differences.has(name)) {
          const result = await decodeAll(decoder, request);
          expected ??= result.ids;
          const difference = findDifference(prompt, result.ids, expected);
          if (difference) differences.set(name, difference);
          else runs.push({ method: name, category, prompt, round, ...countsOf(result) });
        }
        onProgress?.(++done, total);
      }
    }
    const { name } = contenders[0];
    const fault = differences.get(name);
    if (fault) {
      throw new Error(
        `${name} does not repeat itself: ${differenceText(fault, "its first decoding")}`,
      );
    }
  }
  return { runs: runs.filter(({ method }) => !differences.has(method)), differences };
}

/**
 * For races in which nobody may differ, since then no speed means anything.
 *
 * @throws Error that names who gave other ids than the reference, and where.
 */
export function requireLossless({ differences }: RaceResult, reference: string): void {
  for (const [name, difference] of differences) {
    throw new Error(`${name} is not lossless: ${differenceText(difference, reference)}`);
  }
}

/** Tokens of the decodings that let every contender compile what it needs. */
const WARM_UP_TOKENS = 32;

async function warmUp(
  contenders: readonly Contender[],
  { ids: promptIds }: RacePrompt,
  maxTokens: number,
): Promise<void> {
  const request = greedyRequest(promptIds, Math.min(maxTokens, WARM_UP_TOKENS));
  for (const { decoder } of contenders) await decodeAll(decoder, request);
}

function countsOf({ ids, forwards, acceptedByOffset, decodeSeconds }: DecodeResult) {
  // An offset that was never reached has a hole.
  const accepted = Array.from(acceptedByOffset, (count) => count ?? 0);
  return { tokens: ids.length, forwards, acceptedByOffset: accepted, seconds: decodeSeconds };
}

function findDifference(
  prompt: number,
  found: readonly number[],
  expected: readonly number[],
): Difference | null {
  const longest = Math.max(found.length, expected.length);
  for (let i = 0; i < longest; i++) {
    if (found[i] === expected[i]) continue;
    return { prompt, token: i + 1, found: found[i] ?? null, expected: expected[i] ?? null };
  }
  return null;
}
