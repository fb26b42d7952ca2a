import type { ChatMessage } from "../../format/chat/messages.ts";
import { addTo, type Conversation } from "../text/prompts/conversation.ts";
import type { TextModel } from "../text/generate_text.ts";
import { aString } from "./checks.ts";
import type { Generation, PreparedPrompt } from "./generation.ts";
import type { GenerateOptions, GenerateSettings } from "./options.ts";

/** A conversation with a model, which remembers what was said. */
export interface Chat {
  /** What was said so far: the instruction if there is one, then messages and answers in turn. */
  readonly messages: readonly ChatMessage[];
  /**
   * Turns that the model sees no more, since the context is full: the oldest leave it to make room for the
   * next answer.
   */
  readonly droppedTurns: number;
  /**
   * Answers a message. An answer that was ended early stays in the conversation as far as it came; if it
   * had not begun, the next message is added to this one, or is the same once more. After a failure the
   * message is taken back.
   *
   * @param options those of the conversation where they are left out.
   * @throws TypeError or RangeError, at once, that names the option which is wrong.
   */
  send(message: string, options?: GenerateOptions): Generation;
  /** Forgets what was said; the instruction stays. */
  reset(): void;
}

/** A text of a model, whose prompt is prepared when its turn comes. */
export type TextOfModel = (
  settings: GenerateSettings,
  prepare: (model: TextModel) => PreparedPrompt,
) => Generation;

/** A conversation with a model of the library. */
export class ModelChat implements Chat {
  readonly #text: TextOfModel;
  readonly #conversation: Conversation;
  readonly #settings: (options: GenerateOptions) => GenerateSettings;

  /** @param settings those of an answer with these options. */
  constructor(
    text: TextOfModel,
    conversation: Conversation,
    settings: (options: GenerateOptions) => GenerateSettings,
  ) {
    this.#text = text;
    this.#conversation = conversation;
    this.#settings = settings;
  }

  get messages(): readonly ChatMessage[] {
    return this.#conversation.messages;
  }

  get droppedTurns(): number {
    return this.#conversation.firstVisible;
  }

  send(message: string, options: GenerateOptions = {}): Generation {
    aString(message, "message");
    const settings = this.#settings(options);
    return this.#text(settings, (model) => {
      this.#conversation.think = settings.think;
      const { ids, opened, turn } = this.#conversation.ask(message, model, settings.maxTokens);
      return {
        ids,
        opened,
        onText: (spans) => addTo(turn, spans),
        onInterrupt: () => this.#conversation.interrupt(turn),
        onFailure: () => this.#conversation.takeBack(turn),
      };
    });
  }

  reset(): void {
    this.#conversation.reset();
  }
}
