/** A folder with a model, opened as far as it is needed. */

import { basename, resolve } from "@std/path";
import { NoNumberError } from "../decode/faults.ts";
import { DataError } from "../format/errors.ts";
import { ChatTemplate } from "../format/chat/chat_template.ts";
import { Safetensors } from "../format/safetensors/safetensors.ts";
import { Tokenizer } from "../format/tokenizer/tokenizer.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { requireFiniteWeights } from "../model/checkpoint/finite_weights.ts";
import { requireWrittenWeights } from "../model/checkpoint/written_weights.ts";
import type { ModelConfig } from "../model/config.ts";
import { inContext } from "../model/context.ts";
import { folderFingerprint } from "../model/loading/fingerprint.ts";
import { type LoadOptions, loadTransformer } from "../model/loading/load.ts";
import { readConfig } from "../model/read_config.ts";
import { quantisedOnLoad } from "../model/quantise/on_load.ts";
import type { QuantisationSettings } from "../model/quantise/settings.ts";
import type { Transformer } from "../model/transformer.ts";
import { openGpu } from "./device_tiles.ts";
import {
  type MemoryPlan,
  type MemoryRequest,
  openWholeContext,
  requireMemory,
} from "./memory/memory_plan.ts";

/** What turns text into ids and back. */
export interface ModelText {
  /** Name of the model, for people. */
  readonly name: string;
  readonly tokenizer: Tokenizer;
  /** Null for a model that was not made for chatting. */
  readonly template: ChatTemplate | null;
  /** Ids that end a text. */
  readonly eosTokenIds: readonly number[];
}

/** How a model's texts are read. */
export interface TextOptions {
  /** File with a chat template in place of the model's own, or the name of one of its templates. */
  chatTemplate?: string | undefined;
  /** May refuse the template by throwing: before the tokenizer is read, which may take seconds. */
  onTemplate?: ((text: Pick<ModelText, "name" | "template">) => void) | undefined;
}

/** Metadata of quantised weights: the fingerprint of those that they were made of. */
export const QUANTISED_FROM = "quantised_from";

/** A model in Hugging Face layout, of which only config.json has been read. */
export class ModelFolder {
  /** Path of the folder. */
  readonly path: string;
  /** Name for people. */
  readonly name: string;
  /** The model's shape and constants. */
  readonly config: ModelConfig;
  #fingerprint: Promise<string> | undefined;

  private constructor(path: string, config: ModelConfig, name: string) {
    this.path = path;
    this.name = name;
    this.config = config;
  }

  /**
   * Reads the configuration.
   *
   * @param name for people.
   * @throws NoInputError if the folder or its config.json is not there or not readable.
   * @throws DataError if the configuration is malformed or asks for what is not supported.
   */
  static async open(path: string, name = basename(resolve(path))): Promise<ModelFolder> {
    return new ModelFolder(path, await readConfig(path), name);
  }

  /**
   * The same model with its weights quantised while they are loaded.
   *
   * @throws DataError if they are quantised already.
   */
  quantised(settings: QuantisationSettings): ModelFolder {
    const { config } = this;
    requireFloats(this);
    const quantization = quantisedOnLoad(config, settings);
    return new ModelFolder(this.path, { ...config, quantization }, this.name);
  }

  /** Positions that it has room for where it is loaded with so many; its own if left out. */
  contextLength(asked = this.config.contextLength): number {
    return Math.min(asked, inContext(this.config, asked).contextLength);
  }

  /**
   * Reads the chat template, and then the tokenizer.
   *
   * @throws NoInputError if a file is missing or not readable, DataError if one is malformed.
   */
  async text(options: TextOptions = {}): Promise<ModelText> {
    return await this.textWith(await this.template(options));
  }

  /** The chat template, or another one from a file in its place. Throws as {@linkcode text} does. */
  async template({ chatTemplate, onTemplate }: TextOptions): Promise<ModelText["template"]> {
    const template = await ChatTemplate.open(this.path, chatTemplate);
    onTemplate?.({ name: this.name, template });
    return template;
  }

  /** The tokenizer, beside a template that has been read. Throws as {@linkcode text} does. */
  async textWith(template: ModelText["template"]): Promise<ModelText> {
    const tokenizer = await Tokenizer.open(this.path);
    return { name: this.name, tokenizer, template, eosTokenIds: this.#ends(tokenizer) };
  }

  /** Where texts end: by the model's configuration, and by that of its tokenizer. */
  #ends({ eosTokenId }: Tokenizer): number[] {
    const isRow = eosTokenId !== null && eosTokenId < this.config.vocabSize;
    return [...new Set([...this.config.eosTokenIds, ...isRow ? [eosTokenId] : []])];
  }

  /**
   * What tells this model from others, computed once: see {@linkcode modelFingerprint}.
   *
   * @throws NoInputError if the weights are missing or not readable, DataError if malformed.
   */
  fingerprint(): Promise<string> {
    return this.#fingerprint ??= folderFingerprint(this.path, this.config);
  }

  /** The same of the weights as the folder has them, also where they are quantised on loading. */
  storedFingerprint(): Promise<string> {
    if (!this.config.quantization?.onLoad) return this.fingerprint();
    return folderFingerprint(this.path, { ...this.config, quantization: undefined });
  }

  /**
   * Whether a fingerprint is that of the weights as the folder has them, or of those that `quantize` made
   * them of.
   *
   * @throws NoInputError or DataError as {@linkcode fingerprint}.
   */
  async isOfWeights(fingerprint: string | undefined): Promise<boolean> {
    if (fingerprint === await this.storedFingerprint()) return true;
    using tensors = await Safetensors.open(this.path);
    return fingerprint !== undefined && fingerprint === tensors.metadata.get(QUANTISED_FROM);
  }

  /**
   * Puts the weights on a GPU of the caller's.
   *
   * @throws NoInputError or DataError if the weights are missing, not readable or malformed.
   */
  async loadOn(gpu: Gpu, options?: LoadOptions): Promise<Transformer> {
    using tensors = await Safetensors.open(this.path);
    await requireWrittenWeights(tensors);
    return await loadTransformer(gpu, this.config, tensors, options);
  }

  /**
   * Looks at every weight: for a model that gives no numbers.
   *
   * @throws DataError that names the first tensor with a number that is NaN or infinite.
   */
  async requireFiniteWeights(): Promise<void> {
    using tensors = await Safetensors.open(this.path);
    await requireFiniteWeights(tensors);
  }

  /**
   * Works with the model; where that gives no numbers, weights that are none are the reason that is told.
   *
   * @throws DataError as {@linkcode requireFiniteWeights}, and whatever else the work throws.
   */
  async blamingWeights<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof NoNumberError) await this.requireFiniteWeights();
      throw error;
    }
  }

  /**
   * What it takes on a GPU, with plain decoding and the whole of its context; nothing is made there.
   *
   * @throws NoInputError or DataError if the weights are missing, not readable or malformed.
   * @throws OutOfMemoryError if it does not fit.
   */
  async planOn(gpu: Gpu): Promise<MemoryPlan> {
    using tensors = await Safetensors.open(this.path);
    const { name, config } = this;
    const { contextLength } = config;
    const openDecoder = openWholeContext;
    return await requireMemory(gpu, { name, config, tensors, contextLength, openDecoder });
  }

  /**
   * Requests a GPU and puts the weights on it. Disposing of the result frees both.
   *
   * @throws NoInputError or DataError if the weights are missing, not readable or malformed: before a
   * GPU is asked for, as far as their headers tell.
   * @throws NoGpuError if there is no GPU that WebGPU can use.
   * @throws OutOfMemoryError if the model does not fit there; before anything is made or read.
   */
  async load(
    { openDecoder, kv, advice, onPlan, ...options }: FolderLoadOptions = {},
  ): Promise<LoadedModel> {
    using tensors = await Safetensors.open(this.path);
    await requireWrittenWeights(tensors);
    using resources = new DisposableStack();
    const gpu = resources.use(await openGpu());
    const { name, config } = this;
    const { contextLength = config.contextLength } = options;
    const plan = await requireMemory(gpu, {
      name,
      config,
      tensors,
      contextLength,
      openDecoder,
      kv,
      advice,
    });
    onPlan?.(plan);
    const model = resources.use(await loadTransformer(gpu, config, tensors, options));
    const owned = resources.move();
    return { gpu, model, [Symbol.dispose]: () => owned.dispose() };
  }
}

/** How a model is loaded for a GPU of its own. */
export interface FolderLoadOptions
  extends LoadOptions, Pick<MemoryRequest, "openDecoder" | "kv" | "advice"> {
  /** Hears what it will take, once that is known to fit. */
  onPlan?: ((plan: MemoryPlan) => void) | undefined;
}

/** A model and the GPU that it is on. */
export interface LoadedModel extends Disposable {
  readonly gpu: Gpu;
  readonly model: Transformer;
}

/** @throws DataError if the model's weights are quantised. */
export function requireFloats({ path, config }: ModelFolder): void {
  if (!config.quantization) return;
  throw new DataError(
    `${path}: its weights are quantised already (${config.quantization.summary}); quantise the ` +
      "model that it was made of",
  );
}
