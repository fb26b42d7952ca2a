/** A conversation with a model: what a message, a command or a retry does to it. */

import type { SamplingSettings } from "../decode/types.ts";
import { Conversation } from "./conversation.ts";
import type { InterruptScope } from "./interrupts.ts";
import type { Output } from "./output.ts";
import { randomSeed, samplingSettings } from "./sampling_flags.ts";
import type { ChatSettings } from "./chat_settings.ts";
import { statisticsLine } from "./statistics.ts";
import { drain, generateText, type TextModel, type TextResult } from "./text_generation.ts";

/** Part of the context that is kept free for an answer when old turns have to leave. */
const RESERVED_FRACTION = 1 / 4;

/** Totals since the session began. */
export interface SessionTotals {
  /** Answers, interrupted ones included. */
  answers: number;
  /** Tokens of all answers. */
  generatedTokens: number;
  /** Seconds that they took, prompts left out. */
  decodeSeconds: number;
  /** Forward passes that they took, prompts left out. */
  forwards: number;
}

/** The state of a chat and everything that changes it. */
export class ChatSession {
  readonly conversation = new Conversation();
  readonly totals: SessionTotals = {
    answers: 0,
    generatedTokens: 0,
    decodeSeconds: 0,
    forwards: 0,
  };
  /** Tokens of the last prompt and its answer together. */
  contextTokens = 0;
  /** Seed of the last answer. */
  lastSeed: number | null = null;

  constructor(
    readonly model: TextModel,
    readonly settings: ChatSettings,
    readonly output: Output,
  ) {
    this.conversation.system = settings.system ?? "";
  }

  /** Writes a remark of the program to standard error. */
  note(line: string): void {
    this.output.say(this.output.style.dim(line));
  }

  /** Answers a message of the user. */
  async send(message: string, interrupt: InterruptScope): Promise<void> {
    this.conversation.turns.push({ user: message, assistant: "" });
    await this.#answerLastTurn(this.settings.seed, interrupt);
  }

  /** Answers the last message once more, with another seed where chance decides. */
  async retry(interrupt: InterruptScope): Promise<void> {
    const last = this.conversation.turns.at(-1);
    if (last === undefined) return this.note("there is no message to answer again");
    if (this.settings.temperature === 0) {
      this.note("the temperature is 0, so the answer will be the same; /set temperature 0.8");
    }
    last.assistant = "";
    await this.#answerLastTurn(undefined, interrupt);
  }

  async #answerLastTurn(seed: number | undefined, interrupt: InterruptScope): Promise<void> {
    const { conversation, model, output } = this;
    const turn = conversation.turns[conversation.turns.length - 1];
    const prompt = this.#promptOrTakeBack();
    if (prompt.droppedTurns > 0) {
      const turns = prompt.droppedTurns === 1 ? "turn has" : `${prompt.droppedTurns} turns have`;
      this.note(`the oldest ${turns} left the context of ${model.decoder.contextLength} tokens`);
    }
    const sampling = this.#samplingFor(seed);
    const stream = generateText(model, {
      promptIds: prompt.ids,
      maxTokens: this.settings["max-tokens"] ?? model.decoder.contextLength,
      stop: this.settings.stop,
      sampling,
      signal: interrupt.signal,
    });
    const result = await drain(stream, async (piece) => {
      turn.assistant += piece;
      await output.write(piece);
    });
    if (!turn.assistant.endsWith("\n")) await output.write("\n");
    this.#account(prompt.ids.length, result, sampling);
  }

  #promptOrTakeBack() {
    const { conversation, model } = this;
    const { contextLength } = model.decoder;
    const reserve = Math.min(
      this.settings["max-tokens"] ?? Infinity,
      Math.floor(contextLength * RESERVED_FRACTION),
    );
    try {
      return conversation.prompt(model, reserve);
    } catch (error) {
      conversation.turns.pop();
      throw error;
    }
  }

  #samplingFor(seed: number | undefined): SamplingSettings {
    return samplingSettings({ ...this.settings, seed }, randomSeed());
  }

  #account(promptTokens: number, result: TextResult, sampling: SamplingSettings): void {
    this.totals.answers++;
    this.totals.generatedTokens += result.ids.length;
    this.totals.decodeSeconds += result.decodeSeconds;
    this.totals.forwards += result.forwards;
    this.contextTokens = promptTokens + result.ids.length;
    this.lastSeed = sampling.temperature > 0 ? sampling.seed : null;
    if (result.finishReason === "aborted") this.note("(interrupted)");
    if (result.finishReason === "length") this.note(this.#lengthNote(promptTokens, result));
    this.note(statisticsLine(promptTokens, result));
  }

  #lengthNote(promptTokens: number, result: TextResult): string {
    const { contextLength } = this.model.decoder;
    return promptTokens + result.ids.length >= contextLength
      ? `(the context of ${contextLength} tokens is full)`
      : `(ended after ${result.ids.length} tokens, as --max-tokens says)`;
  }
}
