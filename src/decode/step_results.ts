/** From the records of steps to the result of a decoding. */

import { GpuError } from "../gpu/errors.ts";
import { FINISH, type StepRecord } from "../ops/loop_state.ts";
import type { DecodeResult, FinishReason } from "./types.ts";

/** The result of a decoding that has not begun, and what ends it unless something else does. */
export function emptyResult(method: string, finishReason: FinishReason): DecodeResult {
  return {
    ids: [],
    finishReason,
    method,
    forwards: 0,
    acceptedByOffset: [],
    reusedPromptTokens: 0,
    computedPromptTokens: 0,
    promptSeconds: 0,
    decodeSeconds: 0,
  };
}

/**
 * The tokens of each of a submit's steps, and how the last of them left the decoding.
 *
 * @throws GpuError if they left it running without a token, as no step does that was computed.
 */
export function outcomeOf(records: readonly StepRecord[]): { steps: number[][]; finish: number } {
  const steps = records.map(({ tokens, count }) => tokens.slice(0, count));
  const { finish } = records[records.length - 1];
  if (finish === FINISH.running && steps.some(({ length }) => length === 0)) {
    throw new GpuError(
      "the device gave back a step without a token: its driver does not compute what it is told; " +
        "foretoken doctor checks every kernel",
    );
  }
  return { steps: steps.filter(({ length }) => length > 0), finish };
}

/** Counts a step: its tokens are the accepted drafts, then the model's choice after them. */
export function countStep(result: DecodeResult, step: readonly number[]): void {
  result.forwards++;
  for (let i = 0; i < step.length - 1; i++) {
    result.acceptedByOffset[i] = (result.acceptedByOffset[i] ?? 0) + 1;
  }
}
