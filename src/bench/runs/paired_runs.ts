import type { Decoder, DecodeRequest, DecodeResult } from "../../decode/types.ts";
import { keepBusy } from "../../gpu/busy.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { processorSeconds } from "../../gpu/processor_clock.ts";
import { decodeAll, greedyRequest } from "./greedy.ts";
import { untilAborted } from "./until_aborted.ts";

/** A prompt of a measurement. */
export interface EncodedPrompt {
  category: string;
  ids: readonly number[];
}

/** A decoder as the runs name it. */
export interface NamedDecoder {
  name: string;
  decoder: Decoder;
}

/** One timed decoding. */
export interface Run {
  method: string;
  category: string;
  /** Index of the prompt. */
  prompt: number;
  /** Runs of one prompt and round were made right after each other. */
  round: number;
  tokens: number;
  forwards: number;
  /** Accepted drafts at offset 1, 2, …. */
  acceptedByOffset: number[];
  /** Time of the decoding by the clock of the run, the prompt left out. */
  seconds: number;
}

/** The first place where a decoder's ids were not those of the reference. */
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

/** Timed decodings of the same prompts by several decoders in turn. */
export interface PairedRuns {
  runs: Run[];
  /** By name: decoders whose ids differed. They were stopped, and none of their runs is kept. */
  differences: ReadonlyMap<string, Difference>;
  /** False if the signal ended the runs early. */
  isWhole: boolean;
}

/**
 * The wall clock, or the time that processors spent on this process: where the device is a processor
 * itself, other work on the machine changes that less.
 */
export type RunClock = "wall" | "processor";

/** How much is decoded. */
export interface RunOptions {
  /** Tokens that each prompt is continued by, whatever they are. */
  maxTokens: number;
  /** Timed decodings of each prompt by each method. */
  rounds: number;
  /** Hears how many decodings of how many are done, with the part that is done of one. */
  onProgress?: (done: number, total: number) => void;
  /** What time is measured by; the wall clock if left out. */
  clock?: RunClock;
  /** Hears of each round of a prompt by all decoders: it is kept if the signal ends the runs. */
  onRound?: (() => void) | undefined;
  /** Ends the runs early: those of whole rounds are the result. */
  signal?: AbortSignal | undefined;
  /** The device, which is kept busy for a moment before anything is timed. */
  gpu: Pick<Gpu, "isSoftware">;
}

/**
 * Paired runs: decodes every prompt by all decoders in turn, so that whatever slows the machine down
 * slows all of them. The first decoder is the reference: the ids of every decoding are compared with its
 * ids for that prompt, and a decoder whose ids differ once is stopped. Each of them warms up with a short
 * decoding before the first run.
 *
 * @throws Error if the reference's own ids are not the same each time; the reason of the signal if that
 * is aborted before a whole round.
 */
export async function runPaired(
  decoders: readonly NamedDecoder[],
  prompts: readonly EncodedPrompt[],
  { maxTokens, rounds, onProgress, onRound, signal, gpu, clock = "wall" }: RunOptions,
): Promise<PairedRuns> {
  const runs: Run[] = [];
  const differences = new Map<string, Difference>();
  const kept = (isWhole: boolean): PairedRuns => ({
    runs: runs.filter(({ method }) => !differences.has(method)),
    differences,
    isWhole,
  });
  const heard = { total: decoders.length * prompts.length * rounds, done: 0, onProgress };
  onProgress?.(0, heard.total);
  const warmUp = greedyRequest(prompts[0].ids, Math.min(maxTokens, WARM_UP_TOKENS), signal);
  for (const { decoder } of decoders) await decodeAll(decoder, warmUp);
  await keepBusy(gpu, () => decodeAll(decoders[0].decoder, warmUp));
  for (const [prompt, { ids: promptIds, category }] of prompts.entries()) {
    const request = greedyRequest(promptIds, maxTokens, signal);
    let expected: readonly number[] | undefined;
    for (let round = 0; round < rounds; round++) {
      heard.done += differences.size;
      const running = decoders.filter(({ name }) => !differences.has(name));
      const decoded = await untilAborted(
        signal,
        () => decodeRound(running, request, { clock, heard }),
      );
      if (!decoded) {
        if (runs.length === 0) signal?.throwIfAborted();
        return kept(false);
      }
      for (const { name, result, seconds } of decoded) {
        expected ??= result.ids;
        const difference = findDifference(prompt, result.ids, expected);
        if (difference) differences.set(name, difference);
        else runs.push({ method: name, category, prompt, round, ...countsOf(result), seconds });
      }
      onRound?.();
    }
    const { name } = decoders[0];
    const fault = differences.get(name);
    if (fault) {
      throw new Error(
        `${name} does not repeat itself: ${differenceText(fault, "its first decoding")}`,
      );
    }
  }
  return kept(true);
}

/**
 * For measurements that mean nothing if ids differ.
 *
 * @throws Error that names a decoder that gave other ids than the reference, and where.
 */
export function requireLossless({ differences }: PairedRuns, reference: string): void {
  for (const [name, difference] of differences) {
    throw new Error(`${name} is not lossless: ${differenceText(difference, reference)}`);
  }
}

/** Tokens of the decodings in which every decoder compiles what it needs. */
const WARM_UP_TOKENS = 32;

/** Who hears how many of all decodings are done. */
interface Heard extends Pick<RunOptions, "onProgress"> {
  done: number;
  readonly total: number;
}

/** Decodes a text by all decoders in turn. */
async function decodeRound(
  decoders: readonly NamedDecoder[],
  request: DecodeRequest,
  { clock, heard }: { clock: RunClock; heard: Heard },
): Promise<(TimedDecoding & { name: string })[]> {
  const decoded: (TimedDecoding & { name: string })[] = [];
  const { onProgress, total } = heard;
  for (const { name, decoder } of decoders) {
    let tokens = 0;
    const onStep = (ids: readonly number[]) => {
      tokens += ids.length;
      if (tokens < request.maxTokens) onProgress?.(heard.done + tokens / request.maxTokens, total);
    };
    decoded.push({ name, ...await timedDecoding(decoder, { ...request, onStep }, clock) });
    onProgress?.(++heard.done, total);
  }
  return decoded;
}

/** A decoding, and its time by the clock of the run. */
interface TimedDecoding {
  result: DecodeResult;
  seconds: number;
}

/** Decodes a text and times it. For the processor's time its prompt is read before: it is cached then. */
async function timedDecoding(
  decoder: Decoder,
  request: DecodeRequest,
  clock: RunClock,
): Promise<TimedDecoding> {
  if (clock === "wall") {
    const result = await decodeAll(decoder, request);
    return { result, seconds: result.decodeSeconds };
  }
  await decodeAll(decoder, { ...request, maxTokens: 1 });
  const before = processorSeconds();
  const result = await decodeAll(decoder, request);
  return { result, seconds: processorSeconds() - before };
}

function countsOf({ ids, forwards, acceptedByOffset }: DecodeResult) {
  // An offset that was never reached has a hole.
  const accepted = Array.from(acceptedByOffset, (count) => count ?? 0);
  return { tokens: ids.length, forwards, acceptedByOffset: accepted };
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
