/** A conversation as the text that a chat model was trained to continue. */

import { join } from "@std/path";
import {
  BoundedTemplate,
  LimitError,
  TEMPLATE_LIMITS,
  type TemplateLimits,
} from "./bounded_template.ts";
import { blamingFile, DataError, type Fault, malformed } from "../errors.ts";
import { readText, readTextIfThere, requireModelFolder } from "../files.ts";
import { trimmedEnd } from "../jinja/values/blanks.ts";
import { readTokenizerConfig } from "../tokenizer/tokenizer_config.ts";
import type { ChatMessage } from "./messages.ts";
import { THINKING_VARIABLES } from "./thinking.ts";

/** How a conversation is written. */
export interface RenderOptions {
  /** Whether the text ends where the assistant's answer begins. */
  addGenerationPrompt: boolean;
  /** Whether it ends where the last message does, which is then to be continued. */
  continuesLast?: boolean;
  /** Whether the model is to think before it answers; what the template does by itself if left out. */
  think?: boolean | undefined;
  /** What rendering may take. */
  limits?: TemplateLimits;
}

/** A conversation takes more than a template may use; a shorter one might not. */
export class LongConversationError extends DataError {
  override name = "LongConversationError";
}

/** Stands for the end of a message that is to be continued; the space shows whether it was trimmed. */
const END_MARK = "\ufdd1 ";

/** Folder of the templates that have names, each in a file. */
const NAMED_TEMPLATES = "additional_chat_templates";

/** Largest template that is read, in bytes; the largest published ones take about 30 kB. */
const TEMPLATE_LIMIT = 2 ** 20;

/**
 * A model's chat template, in Jinja. Templates come with the model and are run as untrusted: see
 * `BoundedTemplate` for what holds them.
 */
export class ChatTemplate {
  /** The template's text, or why there is none. */
  readonly #source: string | DataError;
  readonly #file: string;
  /** The variables that do not depend on the conversation. */
  readonly #tokens: Readonly<Record<string, string>>;
  #parsed: BoundedTemplate | undefined;

  private constructor(
    source: string | DataError,
    file: string,
    tokens: Readonly<Record<string, string>>,
  ) {
    this.#source = source;
    this.#file = file;
    this.#tokens = tokens;
  }

  /**
   * Opens the template of a model folder: chat_template.jinja or, where there is none, the one named
   * "default" in tokenizer_config.json. Null when the model has neither. It is not parsed yet: a model
   * whose template is none can still continue texts.
   *
   * @param wanted the name of another template of the model's, or a file with one.
   * @throws {NoInputError} when the folder is missing or a file not readable.
   * @throws {DataError} when tokenizer_config.json is malformed, or the template too large.
   */
  static async open(folder: string, wanted = "default"): Promise<ChatTemplate | null> {
    await requireModelFolder(folder);
    const { namedTokens, chatTemplates } = await readTokenizerConfig(folder);
    const own = await readOwnTemplate(folder, wanted);
    if (own !== null) return new ChatTemplate(own.source, own.file, namedTokens);
    const source = chatTemplates.get(wanted);
    if (source !== undefined) {
      const file = join(folder, "tokenizer_config.json");
      requireSize(source, file);
      return new ChatTemplate(source, file, namedTokens);
    }
    const names = [...chatTemplates.keys(), ...await namesInFolder(folder)];
    if (wanted !== "default") {
      return new ChatTemplate(await readFile(wanted, names), wanted, namedTokens);
    }
    return names.length === 0
      ? null
      : new ChatTemplate(noDefault(folder, names), folder, namedTokens);
  }

  /** Whether it can be told to think or not, see {@linkcode THINKING_VARIABLES}. */
  get switchesThinking(): boolean {
    const source = this.#source;
    return typeof source === "string" &&
      THINKING_VARIABLES.some((name) => new RegExp(`\\b${name}\\b`).test(source));
  }

  /**
   * Parses the template, once.
   *
   * @throws {DataError} when it is none, or when none of the model's templates is the default.
   */
  requireValid(): void {
    const source = this.#source;
    if (source instanceof DataError) throw source;
    this.#parsed ??= blamingFile(templateFault(this.#file), () => new BoundedTemplate(source));
  }

  /**
   * The conversation as one text. The text holds the special tokens spelt out, the beginning of text
   * included where the template writes it: encode it without adding special tokens.
   *
   * @throws {LongConversationError} when the template exceeds a limit, or the messages alone do.
   * @throws {DataError} when the template fails, refuses the conversation or writes nothing that a model
   * could answer.
   */
  render(messages: readonly ChatMessage[], options: RenderOptions): string {
    this.requireValid();
    requireRenderable(messages, options.limits);
    const text = this.#renderGiven(messages, options);
    if (text === "" && options.addGenerationPrompt) throw nothingWritten(this.#file);
    return text;
  }

  #renderGiven(messages: readonly ChatMessage[], options: RenderOptions): string {
    const given = messages.map(withThinking);
    if (given.every(({ content }) => content !== null)) return this.#render(given, options);
    try {
      return this.#render(given, options);
    } catch (error) {
      // Most templates want an empty text where the library's own callers have none. Some tell calls of
      // tools by the lack of text, and would leave them out.
      const texts = given.map((one) => ({ ...one, content: one.content ?? "" }));
      const text = this.#render(texts, options);
      if (calledNames(given).every((name) => text.includes(name))) return text;
      throw error;
    }
  }

  #render(messages: readonly ChatMessage[], options: RenderOptions): string {
    const { continuesLast = false, think, limits } = options;
    const variables = {
      ...this.#tokens,
      ...Object.fromEntries(THINKING_VARIABLES.map((name) => [name, think])),
      messages: (continuesLast ? withEndMark(messages) : messages).map(withoutNull),
      tools: null,
      documents: null,
      add_generation_prompt: options.addGenerationPrompt && !continuesLast,
    };
    try {
      return blamingFile(templateFault(this.#file), () => {
        const text = this.#parsed!.render(variables, limits);
        return continuesLast ? beforeEndMark(text) : text;
      });
    } catch (error) {
      if (!(error instanceof DataError && error.cause instanceof LimitError)) throw error;
      throw new LongConversationError(error.message, { cause: error.cause });
    }
  }
}

/** What no template could write is not the template's fault. */
function requireRenderable(
  messages: readonly ChatMessage[],
  { size }: TemplateLimits = TEMPLATE_LIMITS,
): void {
  const length = messages.reduce((sum, { content }) => sum + (content?.length ?? 0), 0);
  if (length <= size) return;
  throw new LongConversationError(
    `the messages have ${length} characters, but a chat template writes at most ${size}; shorten them`,
  );
}

/** A template that lies in a file of its own in the model's folder. */
async function readOwnTemplate(
  folder: string,
  name: string,
): Promise<{ source: string; file: string } | null> {
  if (!/^[\w-]+$/.test(name)) return null;
  const file = name === "default"
    ? join(folder, "chat_template.jinja")
    : join(folder, NAMED_TEMPLATES, `${name}.jinja`);
  const source = await readTextIfThere(file, "the chat template", TEMPLATE_LIMIT);
  return source === null ? null : { source, file };
}

/** Names of the templates that lie in files of their own, but for the default one. */
async function namesInFolder(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(join(folder, NAMED_TEMPLATES))).catch(
    () => [],
  );
  return entries.flatMap(({ name }) => name.match(/^([\w-]+)\.jinja$/)?.[1] ?? []).sort();
}

/** A template from a file that the user names. */
async function readFile(path: string, names: readonly string[]): Promise<string> {
  const among = names.length === 0 ? "" : ` or the name of one of the model's: ${names.join(", ")}`;
  return await readText(path, `a chat template${among}`, TEMPLATE_LIMIT);
}

function noDefault(folder: string, names: readonly string[]): DataError {
  return malformed({
    file: folder,
    where: "chat template",
    found: `templates named ${names.join(", ")}`,
    expected: 'one named "default"',
    next: "choose one with --chat-template NAME",
  });
}

function requireSize(source: string, file: string): void {
  if (source.length <= TEMPLATE_LIMIT) return;
  throw malformed({
    file,
    where: 'key "chat_template"',
    found: `${source.length} characters`,
    expected: `at most ${TEMPLATE_LIMIT}`,
  });
}

/** A message whose thoughts have the name, too, by which a few templates know them. */
function withThinking(message: ChatMessage): ChatMessage {
  const { reasoning_content: thinking } = message;
  return thinking === undefined ? message : { ...message, ...{ thinking } };
}

/** A message that has no text lacks the key, as the library leaves out what is None. */
function withoutNull(message: ChatMessage): Partial<ChatMessage> {
  const { content, ...others } = message;
  return content === null ? others : message;
}

/** Names of the tools that messages call. */
function calledNames(messages: readonly ChatMessage[]): string[] {
  return messages.flatMap(({ tool_calls: calls = [] }) => calls).map((call) => {
    const { name, function: called } = Object(call);
    return String(Object(called).name ?? name);
  });
}

function withEndMark(messages: readonly ChatMessage[]): ChatMessage[] {
  return messages.map((message, index) =>
    index < messages.length - 1
      ? message
      : { ...message, content: `${message.content ?? ""}${END_MARK}` }
  );
}

/** The text up to the mark; where the template has trimmed the message, so is its end. */
function beforeEndMark(text: string): string {
  const end = text.lastIndexOf(END_MARK.trimEnd());
  if (end < 0) throw new Error("it leaves out the message that is to be continued");
  const isWhole = text.startsWith(END_MARK, end);
  return isWhole ? text.slice(0, end) : trimmedEnd(text.slice(0, end));
}

function nothingWritten(file: string): DataError {
  return malformed({
    file,
    where: "chat template",
    found: "nothing made of the conversation",
    expected: "a text to go on with",
    next: "--chat-template FILE gives another",
  });
}

/** A failure of the template language is the template's fault. */
function templateFault(file: string): (problem: string) => Fault {
  return (problem) => ({
    file,
    where: "chat template",
    found: `a failure (${problem})`,
    expected: "a template that renders this conversation",
  });
}
