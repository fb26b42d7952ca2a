import { type LooseMessage, messagesFrom } from "../../format/chat/messages.ts";
import { ModelFolder } from "../model_folder.ts";
import { type OpenModel, openTextModel } from "../open_model.ts";
import { textOf } from "../text/stream/assembler.ts";
import { Conversation } from "../text/prompts/conversation.ts";
import type { TokenChoice } from "../../ops/choose.ts";
import { countedIds, drain, generateText, requireRoom } from "../text/generate_text.ts";
import { encodePrompt, type Prompt, requireTemplate } from "../text/prompts/prompt_encoding.ts";
import { acceptanceRates, tokensPerForward } from "../text/statistics.ts";
import { type Chat, ModelChat } from "./chat.ts";
import { aString, wrongKind } from "./checks.ts";
import {
  type Generation,
  type GenerationResult,
  LazyGeneration,
  type PreparedPrompt,
} from "./generation.ts";
import {
  type ChatOptions,
  checkChatOptions,
  checkOpenOptions,
  draftingOf,
  type GenerateOptions,
  type GenerateSettings,
  generateSettings,
  type OpenModelOptions,
} from "./options.ts";

/**
 * A model on the GPU. Disposing of it frees everything; a text that is being made then ends first, as if it
 * had been aborted.
 */
export interface Model extends Disposable {
  /** Name for people: that of the folder. */
  readonly name: string;
  /** Name of the adapter that it runs on. */
  readonly device: string;
  /** Whether that is a driver on the CPU, which is much slower than a GPU. */
  readonly isSoftware: boolean;
  /** Most tokens of prompt and text together. */
  readonly contextLength: number;
  /** Whether it was made for chatting; otherwise it only continues texts. */
  readonly canChat: boolean;
  /**
   * How its authors would have tokens chosen: what `generation_config.json` says. It counts where the option
   * `sampling` is "model".
   */
  readonly generationDefaults: Readonly<Partial<TokenChoice>>;
  /**
   * Continues a text, or answers messages. A model makes one text at a time: others wait for their turn.
   *
   * @throws TypeError or RangeError, at once, that names the option which is unknown, of the wrong kind or
   * out of range.
   */
  generate(prompt: string | readonly LooseMessage[], options?: GenerateOptions): Generation;
  /**
   * Begins a conversation.
   *
   * @param options what answers are made with, unless a message has options of its own.
   * @throws TypeError or RangeError that names the option which is wrong.
   * @throws DataError if the model was not made for chatting.
   */
  chat(options?: ChatOptions): Chat;
}

/**
 * Opens a model in Hugging Face layout: a folder with `config.json`, `tokenizer.json` and weights in
 * safetensors. What it drafts with is taken from the same folder. The program needs permission to read that
 * folder and no other; where it may read the environment variables `XDG_STATE_HOME` or `HOME`, what
 * `foretoken tune` kept in the user's own folder counts too, and with the option `remember` what the method
 * `auto` has learnt is read and kept there.
 *
 * @example
 * ```ts
 * import { openModel } from "foretoken";
 *
 * using model = await openModel("weights/demo");
 * const { text, tokensPerForward } = await model.generate("Once upon a time", { maxTokens: 24 }).result;
 * console.log(text, `(${tokensPerForward.toFixed(2)} tokens per forward pass)`);
 * ```
 *
 * @throws TypeError or RangeError that names the option which is unknown, of the wrong kind or out of range.
 * @throws NoInputError if the folder or a file is missing or not readable.
 * @throws DataError if a file is malformed or asks for something that is not supported.
 * @throws UnsuitableTreeError if the method cannot have the tree.
 * @throws NoGpuError if there is no GPU that WebGPU can use, GpuError if it fails.
 * @throws the reason of a signal that is aborted meanwhile.
 */
export async function openModel(folder: string, options: OpenModelOptions = {}): Promise<Model> {
  aString(folder, "folder");
  checkOpenOptions(options);
  const { contextLength, kv = "f16", chatTemplate, draftAssets, remember, signal } = options;
  signal?.throwIfAborted();
  const drafting = draftingOf(options);
  const opened = await openTextModel(await ModelFolder.open(folder), {
    contextLength,
    kv,
    chatTemplate,
    assetFiles: draftAssets,
    onProgress(done, total) {
      signal?.throwIfAborted();
      options.onProgress?.(done, total);
    },
    drafting,
    memory: remember ? "kept" : "none",
  });
  if (signal?.aborted) {
    opened[Symbol.dispose]();
    throw signal.reason;
  }
  return new LibraryModel(opened, drafting);
}

/** Makes texts one after the other. */
export class LibraryModel implements Model {
  readonly #model: OpenModel;
  /** How it drafts unless a text has options of its own. */
  readonly #drafting: GenerateSettings["drafting"];
  /** How it drafts now; undefined where that may have gone with a change that failed. */
  #current: GenerateSettings["drafting"] | undefined;
  readonly #closed = new AbortController();
  /** Settles when the last text that was asked for is made; never rejects. */
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  readonly #owned = new DisposableStack();

  /** Takes the model over, which drafts as `drafting` says. */
  constructor(model: OpenModel, drafting: GenerateSettings["drafting"]) {
    this.#model = this.#owned.use(model);
    this.#drafting = drafting;
    this.#current = drafting;
  }

  get name(): string {
    return this.#model.name;
  }

  get device(): string {
    return this.#model.device;
  }

  get isSoftware(): boolean {
    return this.#model.isSoftware;
  }

  get contextLength(): number {
    return this.#model.decoder.contextLength;
  }

  get canChat(): boolean {
    return this.#model.template !== null;
  }

  get generationDefaults(): Readonly<Partial<TokenChoice>> {
    return this.#model.generationDefaults.sampling;
  }

  generate(prompt: string | readonly LooseMessage[], options: GenerateOptions = {}): Generation {
    const settings = generateSettings("generate", options, {
      model: this.#model.generationDefaults,
    });
    const checked = checkPrompt(prompt);
    return this.#generation(settings, (model) => {
      const { ids, opened } = encodePrompt(model, checked, {
        think: settings.think,
        most: countedIds(model),
      });
      requireRoom(model, ids.length);
      return { ids, opened };
    });
  }

  chat(options: ChatOptions = {}): Chat {
    checkChatOptions(options);
    requireTemplate(this.#model);
    const conversation = new Conversation();
    const { system = "", ...defaults } = options;
    conversation.system = system;
    const model = this.#model.generationDefaults;
    return new ModelChat(
      (...text) => this.#generation(...text),
      conversation,
      (options) => generateSettings("send", options, { defaults, model }),
    );
  }

  /** A text whose prompt is prepared when its turn comes. */
  #generation(
    settings: GenerateSettings,
    prepare: (model: OpenModel) => PreparedPrompt,
  ): Generation {
    return new LazyGeneration((write, left) =>
      this.#inTurn(async () => {
        const signals = [left, this.#closed.signal, ...(settings.signal ? [settings.signal] : [])];
        await this.#draftBy(settings.drafting);
        const prompt = prepare(this.#model);
        try {
          return await this.#make(prompt, settings, { write, signal: AbortSignal.any(signals) });
        } catch (error) {
          prompt.onFailure?.();
          throw error;
        }
      })
    );
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#waiting++;
    const result = this.#last.then(() => {
      if (this.#closed.signal.aborted) throw new TypeError("the model was disposed of");
      return work();
    });
    this.#last = result.catch(() => {});
    try {
      return await result;
    } finally {
      this.#waiting--;
      this.#freeIfDone();
    }
  }

  async #draftBy(drafting: GenerateSettings["drafting"]): Promise<void> {
    const wanted = { ...this.#drafting, ...drafting };
    if (JSON.stringify(wanted) === JSON.stringify(this.#current)) return;
    this.#current = undefined;
    await this.#model.draftBy(wanted);
    this.#current = wanted;
  }

  async #make(
    { ids: promptIds, opened, onText, onInterrupt }: PreparedPrompt,
    { maxTokens, sampling, stop }: GenerateSettings,
    { write, signal }: { write: (text: string) => void; signal: AbortSignal },
  ): Promise<GenerationResult> {
    const request = { promptIds, opened, maxTokens, sampling, stop, signal };
    const answer = await drain(generateText(this.#model, request), (spans) => {
      onText?.(spans);
      write(textOf(spans));
      return Promise.resolve();
    });
    if (answer.finishReason === "aborted") onInterrupt?.();
    return {
      text: answer.text,
      thinking: answer.thinking,
      answer: answer.answer,
      ids: answer.ids,
      promptIds,
      finishReason: answer.finishReason,
      stop: answer.stop,
      method: answer.method,
      seed: sampling.seed,
      forwards: answer.forwards,
      tokensPerForward: tokensPerForward(answer),
      acceptanceByOffset: acceptanceRates(answer, this.#model.drafting.depth),
      reusedPromptTokens: answer.reusedPromptTokens,
      seconds: { prompt: answer.promptSeconds, decode: answer.decodeSeconds },
    };
  }

  [Symbol.dispose](): void {
    this.#closed.abort();
    this.#freeIfDone();
  }

  #freeIfDone(): void {
    if (this.#closed.signal.aborted && this.#waiting === 0) this.#owned.dispose();
  }
}

/** @throws TypeError if it is neither a text nor messages. */
function checkPrompt(prompt: string | readonly LooseMessage[]): Prompt {
  if (typeof prompt === "string") return { text: prompt };
  if (!Array.isArray(prompt) || prompt.length === 0) {
    throw wrongKind("prompt", "a string or a list of at least one message", prompt);
  }
  try {
    return { messages: messagesFrom(prompt, "prompt") };
  } catch (error) {
    throw new TypeError((error as Error).message);
  }
}
