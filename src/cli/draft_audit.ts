/** Proving that drafts changed nothing, and measuring what they gained. */

import { requireEqualIds } from "./equal_ids.ts";
import type { PlainReference } from "./plain_reference.ts";
import { tokensPerForward } from "./statistics.ts";
import {
  drain,
  generateText,
  type Pace,
  type TextModel,
  type TextRequest,
  type TextResult,
} from "./text_generation.ts";

/** What an answer's drafts gained over plain decoding on this device, both measured. */
export interface SpeedUp {
  /** Tokens per second of the answer. */
  drafted: number;
  /** Tokens per second of plain decoding. */
  plain: number;
  /** How plain decoding was measured: with the whole answer, with its beginning, or before. */
  measured: "compared" | "calibrated" | "before";
  /** Seconds that measuring took for this answer. */
  seconds: number;
}

/** What is known of an answer after it was looked at. */
export interface Audit {
  /** Ids that plain decoding gave as well; 0 if the answer was not checked. */
  checkedIds: number;
  speedUp: SpeedUp | null;
}

/** What is to be done with each answer. */
export interface AuditOptions {
  /** Decode it again plainly. */
  check: boolean;
  /** The same, for its speed. */
  compare: boolean;
}

/** Looks at the answers of one process. */
export class DraftAuditor implements Disposable {
  readonly #model: TextModel;
  readonly #decodesTwice: boolean;
  #reference: PlainReference | undefined;
  /** Tokens per second of plain decoding, once measured. */
  #plain: number | undefined;

  constructor(model: TextModel, { check, compare }: AuditOptions) {
    this.#model = model;
    this.#decodesTwice = check || compare;
  }

  /**
   * Looks at an answer; one that was interrupted is left alone.
   *
   * @throws CheckFailedError if plain decoding gives other ids.
   */
  async look(request: TextRequest, answer: TextResult): Promise<Audit> {
    if (answer.finishReason === "aborted") return { checkedIds: 0, speedUp: null };
    const start = performance.now();
    const seconds = () => (performance.now() - start) / 1000;
    if (this.#decodesTwice) {
      const plain = await this.#decodePlainly(request, answer);
      const isWhole = plain.finishReason !== "aborted";
      const speedUp = isWhole ? speedUpOf(answer.pace, speedOf(plain.pace)) : null;
      return {
        checkedIds: plain.ids.length,
        speedUp: speedUp && { ...speedUp, measured: "compared", seconds: seconds() },
      };
    }
    if (this.#model.drafting.depth === 0) return { checkedIds: 0, speedUp: null };
    const isMeasured = this.#plain !== undefined;
    if (!isMeasured) await this.#calibrate(request, answer);
    const speedUp = speedUpOf(answer.pace, this.#plain);
    return {
      checkedIds: 0,
      speedUp: speedUp && {
        ...speedUp,
        measured: isMeasured ? "before" : "calibrated",
        seconds: isMeasured ? 0 : seconds(),
      },
    };
  }

  /** Measures plain decoding with the answer's beginning, if that can be done in a moment. */
  async #calibrate(request: TextRequest, answer: TextResult): Promise<void> {
    const tokens = calibrationTokens(request, answer);
    if (tokens === 0) return;
    const beginning = { ...request, stop: [], maxTokens: tokens };
    const plain = await this.#decodePlainly(beginning, {
      ...answer,
      ids: answer.ids.slice(0, tokens),
    });
    this.#plain = speedOf(plain.pace);
    // Most answers of this process will never need it again, and its cache is as large as the other.
    this[Symbol.dispose]();
  }

  async #decodePlainly(request: TextRequest, answer: TextResult): Promise<TextResult> {
    const { name, tokenizer, eosTokenIds, drafting } = this.#model;
    const reference = this.#reference ??= this.#model.openReference();
    const plainModel = { name, tokenizer, eosTokenIds, decoder: reference.decoder };
    const stream = generateText(plainModel, { ...request, onStep: undefined });
    const plain = await drain(stream, () => Promise.resolve());
    const isPart = plain.finishReason === "aborted";
    const drafted = isPart ? answer.ids.slice(0, plain.ids.length) : answer.ids;
    await requireEqualIds(
      { promptIds: request.promptIds, drafted, plain: plain.ids, method: drafting.method },
      reference,
      tokenizer,
    );
    return plain;
  }

  [Symbol.dispose](): void {
    this.#reference?.[Symbol.dispose]();
    this.#reference = undefined;
  }
}

/** The prompt again and the tokens after it may take this long each. */
const CALIBRATION_SECONDS = 0.3;

/** Fewer tokens tell nothing about a speed. */
const FEWEST_TOKENS = 16;

/** Shorter times are lost among the milliseconds between two looks at the GPU. */
const SHORTEST_SECONDS = 0.05;

/** Tokens that plain decoding makes in about the time of a calibration; 0 if it cannot be short. */
function calibrationTokens({ promptIds }: TextRequest, answer: TextResult): number {
  const { pace, computedPromptTokens, promptSeconds } = answer;
  if (pace === null) return 0;
  const wholePromptSeconds = promptSeconds * promptIds.length / Math.max(1, computedPromptTokens);
  if (wholePromptSeconds > CALIBRATION_SECONDS) return 0;
  // A pass that verifies drafts takes no less time than one of plain decoding.
  const tokensPerPass = tokensPerForward(answer);
  const secondsPerPass = pace.seconds / pace.tokens * tokensPerPass;
  const tokens = Math.min(answer.ids.length, Math.floor(CALIBRATION_SECONDS / secondsPerPass));
  return tokens < FEWEST_TOKENS ? 0 : tokens;
}

/** Tokens per second, or undefined if the time was too short to tell. */
function speedOf(pace: Pace | null): number | undefined {
  if (pace === null || pace.seconds < SHORTEST_SECONDS) return undefined;
  return pace.tokens / pace.seconds;
}

function speedUpOf(pace: Pace | null, plain: number | undefined) {
  const drafted = speedOf(pace);
  return drafted === undefined || plain === undefined ? null : { drafted, plain };
}
