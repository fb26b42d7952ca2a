/** The turns of a conversation, and those that still fit into the context. */

import { sharedLength } from "../../../decode/shared_length.ts";
import { LongConversationError } from "../../../format/chat/chat_template.ts";
import type { ChatMessage } from "../../../format/chat/messages.ts";
import type { ThinkingMarks } from "../../../format/chat/thinking.ts";
import type { TextSpan } from "../stream/assembler.ts";
import { countedIds, requireRoom, type TextModel } from "../generate_text.ts";
import { type EncodedPrompt, encodeMessages } from "./prompt_encoding.ts";

/** A message of the user and the answer to it. */
export interface Turn {
  /** The message, with the calls of tools and their results that came before the answer. */
  question: readonly ChatMessage[];
  /** What the model thought before it answered; empty if nothing. */
  thinking: string;
  /** The answer, empty while there is none. */
  answer: string;
  /** Whether its answer ended before it began: the next message is added to it. */
  isOpen: boolean;
}

/** Adds a part of a model's text to the turn that it answers. */
export function addTo(turn: Turn, spans: readonly TextSpan[]): void {
  for (const { text, part } of spans) {
    if (part === "thinking") turn.thinking += text;
    if (part === undefined) turn.answer += text;
  }
}

/** Part of the context that is kept free for an answer: otherwise old turns have to leave. */
const RESERVED_FRACTION = 1 / 4;

/**
 * What is left of a full context. Text that moves has to be computed anew, so enough turns leave at once
 * that those to come find a cache that fits again.
 */
const KEPT_FRACTION = 1 / 2;

/** A prompt for the next answer. */
export interface ConversationPrompt {
  /** The turn that is to be answered. */
  turn: Turn;
  ids: number[];
  /** The marks of the thinking that the prompt has begun. */
  opened: ThinkingMarks | null;
  /** Turns that had to leave the context for it. */
  droppedTurns: number;
}

/** System message and turns. Turns that left the context are kept for saving. */
export class Conversation {
  /** Instruction for the whole conversation; empty for none. */
  system = "";
  /** Whether the model is to think before it answers; undefined for what its template does. */
  think: boolean | undefined;
  turns: Turn[] = [];
  /** Index of the oldest turn that the model still sees. */
  firstVisible = 0;

  /** Forgets all turns; the system message stays. */
  reset(): void {
    this.turns = [];
    this.firstVisible = 0;
  }

  /** All answered turns, those out of context included. */
  get messages(): ChatMessage[] {
    return messagesOf(this.system, this.turns.filter(isAnswered));
  }

  /** The same with a last message that is open, as they are saved: without what was thought about it. */
  get saved(): ChatMessage[] {
    return messagesOf(this.system, this.turns.filter((turn) => isAnswered(turn) || turn.isOpen));
  }

  /** Whether the last message waits for an answer, which ended before it began. */
  get isOpen(): boolean {
    return this.turns.at(-1)?.isOpen ?? false;
  }

  /** Takes over saved messages: an optional system message, then turns, the last of which may be open. */
  restore(messages: readonly ChatMessage[]): void {
    const hasSystem = messages[0]?.role === "system";
    this.reset();
    this.system = hasSystem ? messages[0].content ?? "" : "";
    let question: ChatMessage[] = [];
    for (const message of hasSystem ? messages.slice(1) : messages) {
      if (isAnswer(message)) {
        const { content: answer, reasoning_content: thinking = "" } = message;
        this.turns.push({ question, thinking, answer: answer ?? "", isOpen: false });
        question = [];
      } else question.push(message);
    }
    if (question.length > 0) this.turns.push({ question, thinking: "", answer: "", isOpen: true });
  }

  /**
   * Lets those turns leave the context without which its text begins as one that is computed already: a
   * saved conversation goes on where it was. All of them stay if it is another text, or none.
   */
  beginAs(known: readonly number[], model: TextModel): void {
    this.firstVisible = 0;
    if (known.length === 0) return; // Encoding all turns of a long conversation takes a while.
    const first = this.turns.findIndex(({ question }) => {
      const turn = { question, thinking: "", answer: "", isOpen: false };
      const ids = this.#idsOf([turn], model);
      // What follows the message may change its last token.
      return ids.length > 1 && sharedLength(ids, known) >= ids.length - 1;
    });
    this.firstVisible = Math.max(0, first);
  }

  /**
   * How many ids of a text that was computed are the conversation's: what was taken back, or answered
   * once more, comes after them.
   */
  sharedWith(known: readonly number[], model: TextModel): number {
    const visible = this.turns.slice(this.firstVisible).filter(isAnswered);
    return visible.length === 0 ? 0 : sharedLength(this.#idsOf(visible, model), known);
  }

  /**
   * Takes a message and makes the prompt for its answer, see {@linkcode askAgain}. Where the turn before
   * is open, the message goes on with that one's; the same message once more changes nothing.
   *
   * @throws DataError if the turn alone is too long; the message is then forgotten.
   */
  ask(message: string, model: TextModel, maxTokens: number): ConversationPrompt {
    const before = this.turns;
    const open = this.isOpen ? before.at(-1)!.question : [];
    const question = withMessage(open, message);
    const turn = { question, thinking: "", answer: "", isOpen: false };
    this.turns = [...open.length > 0 ? before.slice(0, -1) : before, turn];
    try {
      return { turn, ...this.#prompt(model, maxTokens) };
    } catch (error) {
      this.turns = before;
      throw error;
    }
  }

  /**
   * The prompt for another answer to the last message. Where there is no room for `maxTokens`, or for a
   * quarter of the context, the oldest turns leave it until half of it is free or only the last is left.
   *
   * They leave, too, where the template cannot write them all.
   *
   * @throws DataError if even the last turn alone is too long; it is then forgotten.
   */
  askAgain(model: TextModel, maxTokens: number): ConversationPrompt {
    const turn = this.turns[this.turns.length - 1];
    turn.thinking = "";
    turn.answer = "";
    turn.isOpen = false;
    try {
      return { turn, ...this.#prompt(model, maxTokens) };
    } catch (error) {
      this.takeBack(turn);
      throw error;
    }
  }

  /** Its answer was interrupted, or ended by a fault: if it had not begun, the turn stays open. */
  interrupt(turn: Turn): void {
    turn.isOpen = turn.answer === "";
  }

  /** Forgets a turn. */
  takeBack(turn: Turn): void {
    this.turns = this.turns.filter((one) => one !== turn);
  }

  #prompt(model: TextModel, maxTokens: number): Omit<ConversationPrompt, "turn"> {
    const { contextLength } = model.decoder;
    const reservedTokens = Math.min(maxTokens, Math.floor(contextLength * RESERVED_FRACTION));
    let first = Math.min(this.firstVisible, this.turns.length - 1);
    let prompt = unlessTooLong(() => this.#encodeFrom(model, first));
    if (prompt === null || prompt.ids.length + reservedTokens > contextLength) {
      first = this.#firstThatFits(model, first, contextLength * KEPT_FRACTION);
      prompt = this.#encodeFrom(model, first);
    }
    const { ids, opened } = prompt;
    requireRoom(model, ids.length);
    const droppedTurns = first - this.firstVisible;
    this.firstVisible = first;
    return { ids, opened, droppedTurns };
  }

  /** Index of the oldest turn, `from` or after, from which on the text has so few tokens; else the last. */
  #firstThatFits(model: TextModel, from: number, tokens: number): number {
    let [low, high] = [from, this.turns.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      const prompt = unlessTooLong(() => this.#encodeFrom(model, middle));
      if (prompt !== null && prompt.ids.length <= tokens) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The ids of turns as they stand in a text; none of a text that no template writes. */
  #idsOf(turns: readonly Turn[], model: TextModel): readonly number[] {
    const options = { addGenerationPrompt: false, think: this.think };
    const messages = messagesOf(this.system, turns);
    return unlessTooLong(() => encodeMessages(model, messages, options).ids) ?? [];
  }

  #encodeFrom(model: TextModel, first: number): EncodedPrompt {
    const answered = this.turns.slice(first, -1).filter(isAnswered);
    const last = this.turns.slice(-1).map((turn) => ({ ...turn, thinking: "", answer: "" }));
    const messages = messagesOf(this.system, [...answered, ...last]);
    return encodeMessages(model, messages, { think: this.think, most: countedIds(model) });
  }
}

/** What a template writes; null if it takes more than a template may. */
function unlessTooLong<Result>(render: () => Result): Result | null {
  try {
    return render();
  } catch (error) {
    if (error instanceof LongConversationError) return null;
    throw error;
  }
}

/** Whether a message ends a turn: one that calls tools waits for what they give. */
export function isAnswer({ role, tool_calls: calls = [] }: ChatMessage): boolean {
  return role === "assistant" && calls.length === 0;
}

/** A question whose last message goes on with another, unless it says the same already. */
function withMessage(question: readonly ChatMessage[], content: string): readonly ChatMessage[] {
  const last = question.at(-1);
  if (last === undefined) return [{ role: "user", content }];
  if (last.content === content) return question;
  return [...question.slice(0, -1), { ...last, content: `${last.content}\n\n${content}` }];
}

/** An answer may be empty where the model ended it after thinking; one that did not come that far is none. */
function isAnswered(turn: Turn): boolean {
  return !turn.isOpen && (turn.answer !== "" || turn.thinking !== "");
}

/** Messages in order, without the answer that is still to come. */
function messagesOf(system: string, turns: readonly Turn[]): ChatMessage[] {
  const messages: ChatMessage[] = system === "" ? [] : [{ role: "system", content: system }];
  for (const turn of turns) {
    messages.push(...turn.question);
    if (isAnswered(turn)) messages.push(answerOf(turn));
  }
  return messages;
}

/** Templates leave out by themselves what was thought for an earlier answer. */
function answerOf({ answer, thinking }: Turn): ChatMessage {
  const thought = thinking.trim();
  const message: ChatMessage = { role: "assistant", content: answer };
  return thought === "" ? message : { ...message, reasoning_content: thought };
}
