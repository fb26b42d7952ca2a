import limitsCode from "../../wgsl/shared/limits.wgsl" with { type: "text" };
import recordCode from "../../wgsl/shared/record.wgsl" with { type: "text" };
import stateCode from "../../wgsl/shared/state.wgsl" with { type: "text" };
import type { Bytes } from "../gpu/gpu.ts";
import { constantOf, StructLayout } from "../gpu/layout.ts";
import { MAX_END_TOKENS } from "./limits.ts";

/** How far one decoding is. */
export interface State {
  /** Steps done. */
  step: number;
  /** Tokens generated, and how many there may be. */
  generated: number;
  limit: number;
  /** One of `FINISH`. */
  finish: number;
  end_count: number;
  end_tokens: readonly number[];
}

/** `State` in a buffer. */
export const STATE: StructLayout<State> = new StructLayout(stateCode, "State");

/** What the host reads of a step. */
export interface StepRecord {
  /** How many of the tokens are of this step: accepted drafts, then the model's own choice. */
  count: number;
  /** One of `FINISH`. */
  finish: number;
  /** Nodes that were verified, the root included; 0 after the end of the text. */
  nodes: number;
  tokens: readonly number[];
}

/** `StepRecord` in a buffer. */
export const RECORD: StructLayout<StepRecord> = new StructLayout(
  `${limitsCode}\n${recordCode}`,
  "Record",
);

/** Whether a decoding has finished, and why; in the state and in the records. */
export const FINISH: Readonly<Record<"running" | "endOfText" | "limit" | "noNumber", number>> = {
  running: constantOf(stateCode, "RUNNING"),
  endOfText: constantOf(stateCode, "END_OF_TEXT"),
  limit: constantOf(stateCode, "LIMIT_REACHED"),
  noNumber: constantOf(stateCode, "NO_NUMBER"),
};

/**
 * The state of a decoding of at most `limit` tokens that ends at the given ids: a fresh one, no step done, if it is
 * not told how far it is.
 * @throws RangeError if there are more ids than kernels have room for.
 */
export function packState(
  limit: number,
  endTokens: readonly number[],
  { step = 0, generated = 0, finish = FINISH.running }: Partial<
    Pick<State, "step" | "generated" | "finish">
  > = {},
): Bytes {
  const count = endTokens.length;
  if (count > MAX_END_TOKENS) {
    throw new RangeError(`${count} end-of-text ids, at most ${MAX_END_TOKENS} are supported`);
  }
  return STATE.pack({ step, generated, limit, finish, end_count: count, end_tokens: endTokens });
}
