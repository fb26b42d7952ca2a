import type { Decoder, DecodeResult } from "../../decode/types.ts";
import { decodeAll, greedyRequest } from "../decode_runs.ts";

/** Name of plain decoding, which everything is compared with. */
export const PLAIN = "autoregressive";

/** A prompt of a comparison. */
export interface RacePrompt {
  category: string;
  ids: readonly number[];
}

/** Who takes part. */
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
  /** Plain decoding's run of the same prompt and round came at most a few runs before. */
  round: number;
  tokens: number;
  forwards: number;
  /** Accepted drafts at offset 1, 2, …. */
  acceptedByOffset: number[];
  /** Time of the decoding, the prompt left out. */
  seconds: number;
}

/** The first place where a method's ids were not those of plain decoding. */
export interface Difference {
  /** Index of the prompt. */
  prompt: number;
  /** Number of the generated token, from 1 on. */
  token: number;
  found: number | null;
  expected: number | null;
}

/** What came of a race. */
export interface RaceResult {
  runs: Run[];
  /** By method; who is here was not timed from then on. */
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
 * Decodes every prompt by plain decoding and by all others in turn, so that whatever slows the machine
 * down slows all of them. The first decoding of a prompt is not timed: its ids are compared. So are
 * those of the timed ones. A method whose ids differ once is out of the race.
 */
export async function race(
  plain: Decoder,
  contenders: readonly Contender[],
  prompts: readonly RacePrompt[],
  { maxTokens, rounds, onProgress }: RaceOptions,
): Promise<RaceResult> {
  const runs: Run[] = [];
  const differences = new Map<string, Difference>();
  const everyone = [{ name: PLAIN, decoder: plain }, ...contenders];
  const total = everyone.length * prompts.length * (1 + rounds);
  let done = 0;
  await warmUp(everyone, prompts[0], maxTokens);
  for (const [prompt, { ids: promptIds, category }] of prompts.entries()) {
    const request = greedyRequest(promptIds, maxTokens);
    let expected: readonly number[] = [];
    for (let round = -1; round < rounds; round++) {
      for (const { name, decoder } of everyone) {
        onProgress?.(++done, total);
        if (differences.has(name)) continue;
        const result = await decodeAll(decoder, request);
        if (name === PLAIN && round < 0) expected = result.ids;
        const token = firstDifference(result.ids, expected);
        if (token !== null) {
          const [found, wanted] = [result.ids[token] ?? null, expected[token] ?? null];
          differences.set(name, { prompt, token: token + 1, found, expected: wanted });
        } else if (round >= 0) {
          runs.push({ method: name, category, prompt, round, ...countsOf(result) });
        }
      }
    }
  }
  return { runs: runs.filter(({ method }) => !differences.has(method)), differences };
}

/** Lets every decoder compile what it needs. */
async function warmUp(
  everyone: readonly Contender[],
  { ids: promptIds }: RacePrompt,
  maxTokens: number,
): Promise<void> {
  for (const { decoder } of everyone) {
    await decodeAll(decoder, greedyRequest(promptIds, maxTokens));
  }
}

function countsOf({ ids, forwards, acceptedByOffset, decodeSeconds }: DecodeResult) {
  // An offset that was never reached has a hole.
  const accepted = Array.from(acceptedByOffset, (count) => count ?? 0);
  return { tokens: ids.length, forwards, acceptedByOffset: accepted, seconds: decodeSeconds };
}

function firstDifference(found: readonly number[], expected: readonly number[]): number | null {
  const longest = Math.max(found.length, expected.length);
  for (let i = 0; i < longest; i++) if (found[i] !== expected[i]) return i;
  return null;
}
