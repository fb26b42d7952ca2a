import type { ThinkingMarks } from "../../format/chat/thinking.ts";
import type { TextSpan } from "../text/stream/assembler.ts";
import type { TextFinishReason as FinishReason } from "../text/generate_text.ts";

/** The whole of a text, with what it cost. */
export interface GenerationResult {
  /** The text, without the stop string or end-of-text token that ended it. */
  readonly text: string;
  /** What of it the model thought before it answered, without the marks; null if it did not. */
  readonly thinking: string | null;
  /** What of it is the answer: all of it unless the model thought. */
  readonly answer: string;
  /** Ids of its tokens; the one that ended it is among them if there was one. */
  readonly ids: readonly number[];
  /** Ids of the prompt. */
  readonly promptIds: readonly number[];
  /** What ended it: an end-of-text token, a stop string, `maxTokens`, a full context, or a signal. */
  readonly finishReason: FinishReason;
  /** The stop string that ended it, or null. */
  readonly stop: string | null;
  /** The drafting method that was used. */
  readonly method: string;
  /** Seed of the noise that chose among tokens; with it and the same options the text comes again. */
  readonly seed: number;
  /** Forward passes of the model that made the text; those of the prompt are not counted. */
  readonly forwards: number;
  /** Tokens that a forward pass gave: the drafts that were kept and the model's own choice after them. */
  readonly tokensPerForward: number;
  /** Of the passes, the part that kept a draft at offset 1, 2, …; empty without drafts. */
  readonly acceptanceByOffset: readonly number[];
  /** Tokens of the prompt that were in the cache from the text before. */
  readonly reusedPromptTokens: number;
  /**
   * Seconds until the prompt was through, and from then until the text was. Kernels that are compiled for the
   * first text do not count.
   */
  readonly seconds: { readonly prompt: number; readonly decode: number };
}

/**
 * A text that is made as it is read: an async iterable of its pieces, each of which is certain once it
 * comes. Work begins when the first piece or the result is asked for. It can be iterated once; leaving the
 * loop early ends the text.
 */
export interface Generation extends AsyncIterable<string> {
  /**
   * The whole, once it is there; it does not need the pieces to be read.
   *
   * Rejects with a `DataError` if the prompt does not fit into the context or what is drafted with is
   * malformed, a `NoInputError` if the model lacks what the method needs, an `UnsuitableTreeError` if the
   * method cannot have the tree, and a `GpuError` if the GPU fails.
   */
  readonly result: Promise<GenerationResult>;
}

/** Makes the text: hands over its pieces and resolves to the whole. */
export type MakeText = (
  write: (text: string) => void,
  signal: AbortSignal,
) => Promise<GenerationResult>;

/** A prompt whose text is to be made, and who hears of it beside the reader. */
export interface PreparedPrompt {
  ids: readonly number[];
  /** The marks of the thinking that the prompt has begun. */
  opened?: ThinkingMarks | null;
  /** Hears each piece of the text. */
  onText?(spans: readonly TextSpan[]): void;
  /** Hears that the text was interrupted. */
  onInterrupt?(): void;
  /** Hears that the text could not be made. */
  onFailure?(): void;
}

interface Started {
  pieces: ReadableStream<string>;
  result: Promise<GenerationResult>;
}

/** A generation that begins when it is asked for something. */
export class LazyGeneration implements Generation {
  readonly #make: MakeText;
  #started: Started | undefined;
  #isRead = false;

  constructor(make: MakeText) {
    this.#make = make;
  }

  get result(): Promise<GenerationResult> {
    return this.#start().result;
  }

  /** @throws TypeError if the pieces have been asked for before. */
  [Symbol.asyncIterator](): AsyncIterator<string> {
    if (this.#isRead) throw new TypeError("the pieces of a generation can be read once");
    this.#isRead = true;
    return this.#start().pieces[Symbol.asyncIterator]();
  }

  #start(): Started {
    if (this.#started) return this.#started;
    const left = new AbortController();
    let reader!: ReadableStreamDefaultController<string>;
    const pieces = new ReadableStream<string>({
      start: (controller) => void (reader = controller),
      cancel: () => left.abort(),
    });
    const toReader = (act: () => void) => {
      if (!left.signal.aborted) act();
    };
    const make = this.#make;
    const result = make((text) => toReader(() => reader.enqueue(text)), left.signal);
    // Whoever reads the pieces hears of a failure there, and need not look at the result.
    result.then(
      () => toReader(() => reader.close()),
      (error) => toReader(() => reader.error(error)),
    );
    return this.#started = { pieces, result };
  }
}
