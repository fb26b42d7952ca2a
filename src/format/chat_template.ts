/** A conversation as the text that a chat model was trained to continue. */

import { join } from "@std/path";
import { BoundedTemplate, type TemplateLimits } from "./bounded_template.ts";
import { DataError, malformed } from "./errors.ts";
import { readTextIfThere, requireModelFolder } from "./files.ts";
import { readTokenizerConfig } from "./tokenizer_config.ts";

/** One message of a conversation. */
export interface ChatMessage {
  /** Who says it. */
  role: "system" | "user" | "assistant";
  /** What is said, without any of the template's marks. */
  content: string;
}

/** Largest template that is read, in bytes; the largest published ones take about 30 kB. */
const TEMPLATE_LIMIT = 2 ** 20;

/**
 * A model's chat template, in Jinja. Templates come with the model and are run as untrusted: see
 * `BoundedTemplate` for what holds them.
 */
export class ChatTemplate {
  readonly #template: BoundedTemplate;
  readonly #file: string;
  /** The variables that do not depend on the conversation. */
  readonly #tokens: Readonly<Record<string, string>>;

  private constructor(
    template: BoundedTemplate,
    file: string,
    tokens: Readonly<Record<string, string>>,
  ) {
    this.#template = template;
    this.#file = file;
    this.#tokens = tokens;
  }

  /**
   * Opens the template of a model folder: chat_template.jinja or, where there is none, the one in
   * tokenizer_config.json. Null when the model has neither.
   *
   * @throws {NoInputError} when the folder is missing or a file in it not readable.
   * @throws {DataError} when the template or tokenizer_config.json is malformed.
   */
  static async open(folder: string): Promise<ChatTemplate | null> {
    await requireModelFolder(folder);
    const ownFile = join(folder, "chat_template.jinja");
    const own = await readTextIfThere(ownFile, "the chat template", TEMPLATE_LIMIT);
    const config = await readTokenizerConfig(folder);
    const source = own ?? config.chatTemplate;
    if (source === null) return null;

    const file = own !== null ? ownFile : join(folder, "tokenizer_config.json");
    if (source.length > TEMPLATE_LIMIT) {
      throw malformed({
        file,
        where: 'key "chat_template"',
        found: `${source.length} characters`,
        expected: `at most ${TEMPLATE_LIMIT}`,
      });
    }
    const template = guard(file, () => new BoundedTemplate(source));
    return new ChatTemplate(template, file, config.namedTokens);
  }

  /**
   * The conversation as one text. With `addGenerationPrompt` it ends where the assistant's answer
   * begins. The text holds the special tokens spelt out, the beginning of text included where the
   * template writes it: encode it without adding special tokens.
   *
   * @throws {DataError} when the template fails, refuses the conversation or exceeds a limit.
   */
  render(
    messages: readonly ChatMessage[],
    { addGenerationPrompt, limits }: { addGenerationPrompt: boolean; limits?: TemplateLimits },
  ): string {
    const variables = {
      ...this.#tokens,
      messages: messages.map(({ role, content }) => ({ role, content })),
      add_generation_prompt: addGenerationPrompt,
    };
    return guard(this.#file, () => this.#template.render(variables, limits));
  }
}

/** Runs a step of the template language; what it throws is the template's fault. */
function guard<T>(file: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new DataError(
      `${file}: chat template: found a failure (${problem}), ` +
        "expected a template that renders this conversation",
      { cause: error },
    );
  }
}
