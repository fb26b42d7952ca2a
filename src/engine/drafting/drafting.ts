/** The drafting method in use, and its change. */

import { createDecoder, type DecoderOptions } from "../../decode/decoder.ts";
import type { Decoder } from "../../decode/types.ts";
import {
  defaultMethod,
  DRAFTING_METHODS,
  type ModelOffers,
  type RegisteredMethod,
  type TreeSettings,
} from "../../draft/registry.ts";
import type { Place } from "../../draft/tree_shape.ts";
import { DataError, NoInputError } from "../../format/errors.ts";
import type { Transformer } from "../../model/transformer.ts";
import { profileOf } from "../../ops/profiles.ts";

/** How to draft, with the tree's file read. */
export interface DraftingSettings {
  /** Name of a method; the model's best if left out. */
  method?: string;
  /** Nodes of the tree; as the device likes it if left out. */
  nodes?: number;
  /** The tree's shape and the file that gives it. */
  shape?: { places: Place[]; file: string };
}

/** How a decoder drafts. */
export interface Drafting {
  /** Name of the method. */
  method: string;
  /** Nodes of the tree, the root included; 1 where there are no drafts. */
  nodes: number;
  /** Drafts on a path; 0 where there are none. */
  depth: number;
}

/**
 * The method that the settings name, or the model's best.
 *
 * @throws NoInputError if the model lacks what it needs.
 */
export function methodFor(settings: DraftingSettings, offers: ModelOffers): RegisteredMethod {
  const named = DRAFTING_METHODS.find(({ name }) => name === settings.method);
  const method = named ?? defaultMethod(offers);
  const missing = method.missing(offers);
  if (missing !== null) throw new NoInputError(`${method.name} needs ${missing}`);
  return method;
}

/** A decoder that drafts by one method after the other. */
export class DraftingDecoder implements Disposable {
  readonly #model: Transformer;
  readonly #offers: ModelOffers;
  readonly #options: DecoderOptions;
  #decoder: Decoder | undefined;
  #drafting: Drafting | undefined;

  constructor(model: Transformer, offers: ModelOffers, options: DecoderOptions) {
    this.#model = model;
    this.#offers = offers;
    this.#options = options;
  }

  /** The decoder, after {@linkcode use}. */
  get decoder(): Decoder {
    return this.#decoder!;
  }

  /** How it drafts. */
  get drafting(): Drafting {
    return this.#drafting!;
  }

  /**
   * Drafts in another way from now on; what the decoder had cached is computed again.
   *
   * @throws NoInputError if the model lacks what the method needs.
   * @throws DataError if that is malformed, or the tree does not suit the method. Then the decoder
   * stays as it was.
   */
  async use(settings: DraftingSettings): Promise<void> {
    const name = settings.method ?? await this.#fastest(settings);
    const registered = methodFor({ method: name }, this.#offers);
    const tree = await this.#tree(registered, settings);
    const method = await this.#create(registered, tree, settings.shape?.file);
    const sizes = method.sizes(this.#model);
    this.#decoder?.[Symbol.dispose]();
    this.#decoder = createDecoder(this.#model, this.#options, method);
    this.#drafting = { method: method.name, nodes: sizes.nodes, depth: sizes.depth };
  }

  /** The fastest method on this device that can have the settings' tree, as far as it was measured. */
  async #fastest({ shape, nodes }: DraftingSettings): Promise<string | undefined> {
    if (shape) return undefined;
    if (nodes === 1) return "autoregressive"; // A root alone has no drafts.
    const tuned = await this.#offers.tuned?.(this.#model);
    const isPlain = tuned?.tree.nodes === 1;
    return isPlain && nodes !== undefined ? undefined : tuned?.method;
  }

  /** The tree of the settings, or the one with which the method is fastest on this device. */
  async #tree(method: RegisteredMethod, { shape, nodes }: DraftingSettings): Promise<TreeSettings> {
    const otherwise = profileOf(this.#model.gpu).trees.nodes;
    if (shape) return { nodes: nodes ?? otherwise, shape: shape.places };
    if (nodes !== undefined) return { nodes };
    return await method.tunedTree?.(this.#model, this.#offers) ?? { nodes: otherwise };
  }

  async #create(method: RegisteredMethod, tree: TreeSettings, file: string | undefined) {
    try {
      return await method.create(this.#model, this.#offers, tree);
    } catch (error) {
      if (error instanceof RangeError && file) throw new DataError(`${file}: ${error.message}`);
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#decoder?.[Symbol.dispose]();
  }
}
