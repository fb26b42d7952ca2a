/** The turns of a conversation, and those that still fit into the context. */

import type { ChatMessage } from "../../format/chat/chat_template.ts";
import { requireRoom, type TextModel } from "./generate_text.ts";
import { encodeMessages } from "./prompt_encoding.ts";

/** A message of the user and the answer to it, empty while there is none. */
export interface Turn {
  user: string;
  assistant: string;
}

/** Part of the context that is kept free for an answer when old turns have to leave. */
const RESERVED_FRACTION = 1 / 4;

/** A prompt for the next answer. */
export interface ConversationPrompt {
  /** The turn that is to be answered. */
  turn: Turn;
  ids: number[];
  /** Turns that had to leave the context for it. */
  droppedTurns: number;
}

/** System message and turns. Turns that left the context are kept for saving. */
export class Conversation {
  /** Instruction for the whole conversation; empty for none. */
  system = "";
  turns: Turn[] = [];
  /** Index of the oldest turn that the model still sees. */
  firstVisible = 0;

  /** Forgets all turns; the system message stays. */
  reset(): void {
    this.turns = [];
    this.firstVisible = 0;
  }

  /** All answered turns, those out of context included, as they are saved. */
  get messages(): ChatMessage[] {
    return messagesOf(this.system, this.turns.filter(isAnswered));
  }

  /** Takes over saved messages: an optional system message, then user and assistant in turn. */
  restore(messages: readonly ChatMessage[]): void {
    const hasSystem = messages[0]?.role === "system";
    this.reset();
    this.system = hasSystem ? messages[0].content : "";
    for (let index = hasSystem ? 1 : 0; index + 1 < messages.length; index += 2) {
      this.turns.push({ user: messages[index].content, assistant: messages[index + 1].content });
    }
  }

  /**
   * Takes a message and makes the prompt for its answer, see {@linkcode askAgain}.
   *
   * @throws DataError if the message alone is too long; it is then forgotten.
   */
  ask(message: string, model: TextModel, maxTokens: number): ConversationPrompt {
    this.turns.push({ user: message, assistant: "" });
    return this.askAgain(model, maxTokens);
  }

  /**
   * The prompt for another answer to the last message. Oldest turns leave the context until there is room
   * for `maxTokens`, or for a quarter of it, or only the last turn is left.
   *
   * @throws DataError if even the last turn alone is too long; it is then forgotten.
   */
  askAgain(model: TextModel, maxTokens: number): ConversationPrompt {
    const turn = this.turns[this.turns.length - 1];
    turn.assistant = "";
    try {
      return { turn, ...this.#prompt(model, maxTokens) };
    } catch (error) {
      this.takeBack(turn);
      throw error;
    }
  }

  /** Forgets a turn. */
  takeBack(turn: Turn): void {
    this.turns = this.turns.filter((one) => one !== turn);
  }

  #prompt(model: TextModel, maxTokens: number): Omit<ConversationPrompt, "turn"> {
    const { contextLength } = model.decoder;
    const reservedTokens = Math.min(maxTokens, Math.floor(contextLength * RESERVED_FRACTION));
    const lastTurn = this.turns.length - 1;
    let first = Math.min(this.firstVisible, lastTurn);
    let ids = this.#encodeFrom(model, first);
    while (first < lastTurn && ids.length + reservedTokens > contextLength) {
      first++;
      ids = this.#encodeFrom(model, first);
    }
    requireRoom(model, ids.length);
    const droppedTurns = first - this.firstVisible;
    this.firstVisible = first;
    return { ids, droppedTurns };
  }

  #encodeFrom(model: TextModel, first: number): number[] {
    const answered = this.turns.slice(first, -1).filter(isAnswered);
    const last = { user: this.turns[this.turns.length - 1].user, assistant: "" };
    return encodeMessages(model, messagesOf(this.system, [...answered, last])).ids;
  }
}

/** An answer may be empty: interrupted before it began, or ended at once by the model. */
function isAnswered(turn: Turn): boolean {
  return turn.assistant !== "";
}

/** Messages in order, without the answer that is still to come. */
function messagesOf(system: string, turns: readonly Turn[]): ChatMessage[] {
  const messages: ChatMessage[] = system === "" ? [] : [{ role: "system", content: system }];
  for (const { user, assistant } of turns) {
    messages.push({ role: "user", content: user });
    if (assistant !== "") messages.push({ role: "assistant", content: assistant });
  }
  return messages;
}
