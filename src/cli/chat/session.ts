/** A conversation with a model: what a message, a command or a retry does to it. */

import type { SamplingSettings } from "../../ops/choose.ts";
import { DraftAuditor } from "../../engine/audit/draft_audit.ts";
import {
  addTo,
  Conversation,
  type ConversationPrompt,
} from "../../engine/text/prompts/conversation.ts";
import type { TextModel, TextRequest, TextResult } from "../../engine/text/generate_text.ts";
import { randomSeed } from "../../engine/text/sampling.ts";
import { type DraftCounts, totalCounts } from "../../engine/text/statistics.ts";
import { endingText } from "../answers/answer_lines.ts";
import type { ChatMessage } from "../../format/chat/messages.ts";
import { AnswerWriter } from "../answers/answer_writer.ts";
import { reportAnswer } from "../answers/answer_report.ts";
import { legendLine } from "../answers/draft_marks.ts";
import { streamAnswer } from "../answers/stream_answer.ts";
import { METHOD_FLAGS, readDraftSettings, withTree } from "../flags/drafting_flags.ts";
import { type ResolvedSampling, withSeed } from "../flags/resolved_sampling.ts";
import { thinkingObstacle, thinkingOf } from "../flags/thinking_flags.ts";
import { compileKernels } from "../progress/compile_kernels.ts";
import { PromptCacheFile } from "../prompt_cache.ts";
import type { InterruptScope } from "../terminal/interrupts.ts";
import type { MessageSource } from "../terminal/message_source.ts";
import type { Output } from "../terminal/output.ts";
import { changeSetting, type ChatFlags, chatSampling } from "./flags.ts";

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
export class ChatSession implements Disposable {
  readonly conversation = new Conversation();
  readonly totals: SessionTotals = {
    answers: 0,
    generatedTokens: 0,
    decodeSeconds: 0,
    forwards: 0,
  };
  /** What became of the drafts, since the method was last changed. */
  drafts: DraftCounts = { forwards: 0, acceptedByOffset: [] };
  /** Tokens of the last prompt and its answer; null after /load, until the next answer. */
  contextTokens: number | null = 0;
  /** The file that the conversation was saved to or loaded from last. */
  file: string | null = null;
  /** Seed of the last answer. */
  lastSeed: number | null = null;

  readonly #auditor: DraftAuditor;

  constructor(
    readonly model: TextModel,
    public settings: ChatFlags,
    readonly output: Output,
    readonly source: Pick<MessageSource, "confirm">,
  ) {
    this.conversation.system = settings.system ?? "";
    this.think(thinkingOf(settings));
    for (const problem of model.generationDefaults.problems) this.note(problem);
    this.#auditor = new DraftAuditor(model, settings);
    this.#explainMarks();
  }

  /** How tokens are chosen now, and who says so. */
  get sampling(): ResolvedSampling {
    return chatSampling(this.settings, this.model);
  }

  /** Writes a remark to standard error. */
  note(line: string): void {
    this.output.say(this.output.style.dim(line));
  }

  /**
   * Lets the model think before its next answers or not; undefined leaves that to its template. Returns
   * whether it can be told.
   */
  think(wanted: boolean | undefined): boolean {
    this.conversation.think = wanted;
    const obstacle = thinkingObstacle(this.model, wanted);
    if (obstacle !== null) this.note(obstacle);
    return obstacle === null;
  }

  /** Takes over saved messages in place of the conversation. */
  restore(messages: readonly ChatMessage[]): void {
    this.conversation.restore(messages);
    this.contextTokens = null;
  }

  /** Says what can be done with a message that waits for an answer. */
  noteOpenMessage(): void {
    if (!this.conversation.isOpen) return;
    this.note("the message stays: /retry answers it, the next is added to it, /undo takes it back");
  }

  /** Sees as much of the conversation as the text that is in the cache, if that is of it. */
  goOnFromCache(): void {
    this.conversation.beginAs(this.model.promptCache.ids, this.model);
  }

  /** Keeps the keys and values of the conversation, and of nothing that is no longer part of it. */
  async saveCacheBeside(conversation: string): Promise<void> {
    const { model } = this;
    const tokens = this.conversation.sharedWith(model.promptCache.ids, model);
    await this.cacheBeside(conversation).save(tokens);
  }

  /** The file with the keys and values of a saved conversation. */
  cacheBeside(conversation: string): PromptCacheFile {
    const file = `${conversation}.cache`;
    const note = (line: string) => this.note(line);
    return new PromptCacheFile(this.model.promptCache, file, { say: note, warn: note });
  }

  /** Answers a message of the user. */
  async send(message: string, interrupt: InterruptScope): Promise<void> {
    const prompt = this.conversation.ask(message, this.model, this.#maxTokens);
    await this.#answer(prompt, this.settings.seed, interrupt);
  }

  /** Answers the last message once more, with another seed where chance decides. */
  async retry(interrupt: InterruptScope): Promise<void> {
    const last = this.conversation.turns.at(-1);
    if (last === undefined) return this.note("there is no message to answer again");
    if (this.sampling.settings.temperature === 0) {
      this.note("the temperature is 0, so the answer will be the same; /set temperature 0.8");
    }
    const prompt = this.conversation.askAgain(this.model, this.#maxTokens);
    await this.#answer(prompt, undefined, interrupt);
  }

  /**
   * Changes a setting by its text. Nothing changes if that fails.
   *
   * @throws UsageError, DataError, NoInputError or DraftingUnchangedError that says why.
   */
  async change(name: string, value: string): Promise<void> {
    const settings = changeSetting(this.settings, name, value);
    const isOfMethod = Object.keys(METHOD_FLAGS).some((key) => key === name.replace(/^--/, ""));
    if (isOfMethod) {
      const wanted = await readDraftSettings(settings);
      await withTree(settings, () => this.model.draftBy(wanted));
      this.drafts = { forwards: 0, acceptedByOffset: [] };
    }
    this.settings = settings;
    if (isOfMethod) this.#explainMarks();
  }

  #explainMarks(): void {
    if (this.settings["show-drafts"]) this.output.say(legendLine(this.output, this.model.drafting));
  }

  get #maxTokens(): number {
    return this.settings["max-tokens"] ?? this.model.decoder.contextLength;
  }

  async #answer(
    { turn, ids: promptIds, opened, droppedTurns }: ConversationPrompt,
    seed: number | undefined,
    interrupt: InterruptScope,
  ): Promise<void> {
    const { model, output } = this;
    if (droppedTurns > 0) {
      const turns = droppedTurns === 1 ? "turn has" : `${droppedTurns} turns have`;
      this.note(
        `the oldest ${turns} left the context: ${promptIds.length} of its ` +
          `${model.decoder.contextLength} tokens are taken now`,
      );
    }
    const sampling = this.#samplingFor(seed);
    const { signal } = interrupt;
    const request = {
      promptIds,
      opened,
      maxTokens: this.#maxTokens,
      stop: this.settings.stop,
      sampling,
      signal,
    };
    const showsDrafts = this.settings["show-drafts"];
    const writer = new AnswerWriter(output, { showsDrafts, opened });
    // What another method or temperature needs: with progress, which decoding would not show.
    await compileKernels(model, { promptLengths: [promptIds.length], sampling, signal });
    const answer = await streamAnswer(model, request, async (spans) => {
      addTo(turn, spans);
      await writer.write(spans);
    }).catch((error) => {
      // A fault costs the answer, never the message.
      this.conversation.interrupt(turn);
      throw error;
    });
    await writer.end();
    if (answer.finishReason === "aborted") this.conversation.interrupt(turn);
    await this.#account(request, answer);
    this.noteOpenMessage();
  }

  #samplingFor(seed: number | undefined): SamplingSettings {
    return withSeed(this.sampling, seed, randomSeed);
  }

  async #account(request: TextRequest, answer: TextResult): Promise<void> {
    const { sampling, promptIds } = request;
    this.totals.answers++;
    this.totals.generatedTokens += answer.ids.length;
    this.totals.decodeSeconds += answer.decodeSeconds;
    this.totals.forwards += answer.forwards;
    this.drafts = totalCounts([this.drafts, answer]);
    this.contextTokens = promptIds.length + answer.ids.length;
    this.lastSeed = sampling.temperature > 0 ? sampling.seed : null;
    const { quiet: isQuiet } = this.settings;
    const isCut = answer.finishReason !== "eos" && answer.finishReason !== "stop";
    if (isCut && !isQuiet) this.note(`(${endingText(answer, this.model.decoder)})`);
    const { drafting } = this.model;
    await reportAnswer(this.output, this.#auditor, { drafting, request, answer, isQuiet });
  }

  [Symbol.dispose](): void {
    this.#auditor[Symbol.dispose]();
  }
}
