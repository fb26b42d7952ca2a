/** Proves that drafts changed nothing, and measures what they gained. */

import {
  drain,
  generateText,
  type Pace,
  type TextModel,
  type TextRequest,
  type TextResult,
} from "../text/generate_text.ts";
import { tokensPerForward } from "../text/statistics.ts";
import { requireEqualIds } from "./equal_ids.ts";
import type { PlainReference } from "./plain_reference.ts";

/** What an answer's drafts gained over plain decoding on this device, both measured. */
export interface SpeedUp {
  /** Tokens per second of the answer. */
  drafted: number;
  /** Tokens per second of plain decoding. */
  plain: number;
  /** Whether these are seconds of processor time. */
  ofProcessor: boolean;
  /** How plain decoding was measured: with the whole answer, with its beginning, or before. */
  measured: "compared" | "calibrated" | "before";
  /** Seconds that measuring took for this answer. */
  seconds: number;
}

/** What was found about an answer. */
export interface Audit {
  /** Ids that plain decoding gave as well; 0 if the answer was not checked. */
  checkedIds: number;
  speedUp: SpeedUp | null;
  /** Whether the answer was too short for the speed-up that was asked for. */
  isTooShort: boolean;
}

const UNSEEN: Audit = { checkedIds: 0, speedUp: null, isTooShort: false };

/** What to do with each answer. */
export interface AuditOptions {
  /** Decode it again plainly. */
  check: boolean;
  /** The same, for its speed. */
  compare: boolean;
}

/** Checks and measures the answers of one process. */
export class DraftAuditor implements Disposable {
  readonly #model: TextModel;
  readonly #options: AuditOptions;
  #reference: PlainReference | undefined;
  /** What is known of plain decoding, and the seconds that it took to find out. */
  readonly #plain: Pace = { tokens: 0, seconds: 0, processorSeconds: 0 };
  #calibrationSeconds = 0;

  constructor(model: TextModel, options: AuditOptions) {
    this.#model = model;
    this.#options = options;
  }

  /** Whether it decodes the whole of each answer again. */
  get checksAll(): boolean {
    return this.#options.check || this.#options.compare;
  }

  /**
   * Checks or measures an answer; one that was interrupted is left alone. Who listens to the request hears
   * how it is decoded again.
   *
   * @throws CheckFailedError if plain decoding gives other ids.
   */
  async look(request: TextRequest, answer: TextResult): Promise<Audit> {
    if (answer.finishReason === "aborted") return UNSEEN;
    if (this.checksAll) return await this.#compare(request, answer);
    if (this.#model.drafting.depth === 0) return UNSEEN;
    return { ...UNSEEN, speedUp: await this.#estimate(request, answer) };
  }

  /** Decodes the whole answer again. */
  async #compare(request: TextRequest, answer: TextResult): Promise<Audit> {
    const start = performance.now();
    const plain = await this.#decodePlainly(request, answer);
    const isWhole = plain.finishReason !== "aborted";
    const measured = { measured: "compared", seconds: secondsSince(start) } as const;
    const speedUp = isWhole ? this.#speedUp(answer.pace, plain.pace, measured) : null;
    const isTooShort = this.#options.compare && isWhole && speedUp === null;
    return { checkedIds: plain.ids.length, speedUp, isTooShort };
  }

  /** Compares the answer's speed with that of plain decoding, which is measured once. */
  async #estimate(request: TextRequest, answer: TextResult): Promise<SpeedUp | null> {
    const isKnown = isLongEnough(this.#plain);
    if (!isKnown) await this.#calibrate(request, answer);
    const measured = isKnown ? "before" : "calibrated";
    const seconds = isKnown ? 0 : this.#calibrationSeconds;
    return this.#speedUp(answer.pace, this.#plain, { measured, seconds });
  }

  /** By the time that tells most on this device; null if a time was too short to tell. */
  #speedUp(
    drafted: Pace | null,
    plain: Pace | null,
    measured: Pick<SpeedUp, "measured" | "seconds">,
  ): SpeedUp | null {
    if (!isLongEnough(drafted) || !isLongEnough(plain)) return null;
    const ofProcessor = this.#model.isSoftware ?? false;
    const speed = ({ tokens, seconds, processorSeconds }: Pace) =>
      tokens / (ofProcessor ? processorSeconds : seconds);
    return { drafted: speed(drafted), plain: speed(plain), ofProcessor, ...measured };
  }

  /**
   * Measures plain decoding with the answer's beginning, if that can be done in a moment. Beginnings
   * too short to tell a speed add up.
   */
  async #calibrate(request: TextRequest, answer: TextResult): Promise<void> {
    const tokens = calibrationTokens(request, answer);
    if (tokens === 0) return;
    const start = performance.now();
    const beginning = { ...request, stop: [], maxTokens: tokens };
    const ids = answer.ids.slice(0, tokens);
    const { pace } = await this.#decodePlainly(beginning, { ...answer, ids }, CALIBRATION_SECONDS);
    this.#plain.tokens += pace?.tokens ?? 0;
    this.#plain.seconds += pace?.seconds ?? 0;
    this.#plain.processorSeconds += pace?.processorSeconds ?? 0;
    // Later answers will not need it, and its cache is as large as the decoder's own.
    this[Symbol.dispose]();
    this.#calibrationSeconds += secondsSince(start);
  }

  /**
   * Decodes an answer again, or what fits into some seconds after its first ids.
   *
   * @throws CheckFailedError if the ids differ.
   */
  async #decodePlainly(
    request: TextRequest,
    answer: TextResult,
    mostSeconds = Infinity,
  ): Promise<TextResult> {
    const { name, tokenizer, eosTokenIds, drafting } = this.#model;
    const reference = this.#reference ??= this.#model.openReference();
    const plainModel = { name, tokenizer, eosTokenIds, decoder: reference.decoder };
    const late = new AbortController();
    const signal = AbortSignal.any([late.signal, ...request.signal ? [request.signal] : []]);
    let start: number | undefined;
    const plain = await drain(generateText(plainModel, { ...request, signal }), () => {
      start ??= performance.now();
      if (secondsSince(start) > mostSeconds) late.abort();
      return Promise.resolve();
    });
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

/** How long the prompt may take again, and the tokens after it. */
const CALIBRATION_SECONDS = 0.3;

/** Fewer tokens tell nothing about a speed. */
const FEWEST_TOKENS = 16;

/** Shorter times are lost among the milliseconds between two looks at the GPU. */
const SHORTEST_SECONDS = 0.05;

/** The tokens of a calibration: 0 if it could not be short. */
function calibrationTokens({ promptIds }: TextRequest, answer: TextResult): number {
  const { pace, computedPromptTokens, promptSeconds } = answer;
  if (pace === null) return 0;
  const wholePromptSeconds = promptSeconds * promptIds.length / Math.max(1, computedPromptTokens);
  if (wholePromptSeconds > CALIBRATION_SECONDS) return 0;
  // A pass that verifies drafts takes longer than one of plain decoding, but the passes that the GPU
  // has ahead cannot be called back: their number is bounded as well.
  const secondsPerPass = pace.seconds / pace.tokens * tokensPerForward(answer);
  const fitting = Math.floor(2 * CALIBRATION_SECONDS / secondsPerPass);
  const tokens = Math.min(answer.ids.length, fitting);
  return tokens < FEWEST_TOKENS ? 0 : tokens;
}

/** Whether a time tells a speed. */
function isLongEnough(pace: Pace | null): pace is Pace {
  return pace !== null && pace.seconds >= SHORTEST_SECONDS;
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
