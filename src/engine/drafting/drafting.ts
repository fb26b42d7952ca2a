/** Which drafting method and tree are used, and their change. */

import { createDecoder, type DecoderOptions } from "../../decode/decoder.ts";
import type { CachedText, Decoder } from "../../decode/types.ts";
import type { DraftAssets } from "../../draft/assets.ts";
import type { DraftingMethod, StepKind } from "../../draft/drafter.ts";
import { createMethod, missingFor, type RegisteredMethod } from "../../draft/method.ts";
import {
  AUTO,
  defaultMethod,
  DRAFTING_METHODS,
  methodNamed,
  PLAIN,
  tuningOf,
} from "../../draft/registry.ts";
import { placesOf } from "../../draft/tree_shape.ts";
import type { DraftSettings, DraftTree } from "../../format/settings/draft_settings.ts";
import { alsoAdvising, DataError, NoInputError } from "../../format/errors.ts";
import { attempt } from "../../gpu/attempt.ts";
import { GpuError } from "../../gpu/errors.ts";
import type { Transformer } from "../../model/transformer.ts";
import { profileOf } from "../../ops/profiles.ts";
import { DraftingUnchangedError } from "../errors.ts";
import type { AutoMemory } from "./auto_memory.ts";

/** How a decoder drafts. */
export interface Drafting {
  /** Name of the method; `auto: combined` where it is used as much as pays. */
  method: string;
  /** Names of the methods whose drafts are mixed; that of the method alone where they are all its own. */
  sources: readonly string[];
  /** Nodes of the tree, the root included; 1 where there are no drafts. */
  nodes: number;
  /** Drafts on a path; 0 where there are none. */
  depth: number;
  /** Whether it began with what an earlier process has learnt about drafting here. */
  remembers?: boolean;
}

/** Opens what is remembered of a method whose steps change while a text runs. */
export type OpenMemory = (
  method: DraftingMethod,
  kinds: readonly StepKind[],
  tree: DraftTree,
) => Promise<AutoMemory>;

const AUTO_PREFIX = `${AUTO.name}: `;

/** Whether a method is used as much as pays. */
export function isAuto({ method }: Pick<Drafting, "method">): boolean {
  return method.startsWith(AUTO_PREFIX);
}

/** The method that makes the drafts, by itself or as much as pays. */
export function draftingMethodOf(
  drafting: Pick<Drafting, "method">,
): RegisteredMethod | undefined {
  const { method } = drafting;
  return methodNamed(isAuto(drafting) ? method.slice(AUTO_PREFIX.length) : method);
}

/**
 * The method of this name, or the model's best.
 *
 * @throws NoInputError if the model lacks what it needs.
 * @throws RangeError if there is no method of that name.
 */
export function requireMethod(name: string | undefined, assets: DraftAssets): RegisteredMethod {
  const method = name === undefined ? defaultMethod(assets) : methodNamed(name);
  if (!method) throw new RangeError(`there is no drafting method ${JSON.stringify(name)}`);
  const missing = missingFor(method, assets);
  if (missing === null) return method;
  const others = DRAFTING_METHODS.filter((other) =>
    other !== PLAIN && missingFor(other, assets) === null
  );
  const names = others.map(({ name }) => name).join(", ");
  throw new NoInputError(`${method.name} needs ${missing}; what works without: ${names}`);
}

/** A way of drafting, chosen. */
interface Choice {
  method: RegisteredMethod;
  tree: DraftTree;
}

/**
 * The method and the tree that are wanted, and for what is left open those that were fastest on this
 * device, as far as it was measured.
 *
 * @throws NoInputError if the model lacks what the method needs, DataError if what was measured is
 * malformed.
 */
async function chooseDrafting(
  model: Transformer,
  assets: DraftAssets,
  wanted: Partial<DraftSettings>,
): Promise<Choice> {
  const { nodes, paths } = wanted;
  const isOpen = nodes === undefined && paths === undefined;
  const name = wanted.method ??
    (isOpen ? AUTO.name : await fastestMethod(model, assets, wanted));
  const method = requireMethod(name, assets);
  const otherwise = profileOf(model.gpu).trees[method === AUTO ? "auto" : "nodes"];
  if (paths) return { method, tree: { nodes: nodes ?? otherwise, paths } };
  if (nodes !== undefined) return { method, tree: { nodes } };
  return { method, tree: await fastestTree(method, model, assets) ?? { nodes: otherwise } };
}

/** The fastest method that can have the tree that is wanted; undefined where nothing tells. */
async function fastestMethod(
  model: Transformer,
  assets: DraftAssets,
  { nodes, paths }: Partial<DraftSettings>,
): Promise<string | undefined> {
  if (paths) return undefined;
  if (nodes === 1) return PLAIN.name; // A root alone has no drafts.
  const tuned = await assets.measured(tuningOf(assets), model);
  if (tuned === null || (tuned.nodes === 1 && nodes !== undefined)) return undefined;
  const method = methodNamed(tuned.method);
  return method && missingFor(method, assets) === null ? method.name : undefined;
}

/**
 * The tree with which the method is fastest; only its size if that was measured with another method, and
 * null if nothing was.
 *
 * @throws DataError if the tree is none.
 */
export async function fastestTree(
  registered: RegisteredMethod,
  model: Transformer,
  assets: DraftAssets,
): Promise<DraftTree | null> {
  const ofModel = tuningOf(assets);
  const isTried = registered === AUTO || ofModel.methods.includes(registered.name);
  const tuning = isTried ? ofModel : registered.tuning;
  const tuned = tuning ? await assets.measured(tuning, model) : null;
  if (tuned === null || tuned.nodes === 1) return null;
  const { method, nodes, paths, inPassNodes } = tuned;
  const isOwn = registered === AUTO || method === registered.name;
  if (!isOwn || !paths) return { nodes, inPassNodes };
  try {
    placesOf(paths);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new DataError(`${tuning!.file}: ${problem}; make a new one with foretoken tune`);
  }
  return { nodes, paths, inPassNodes };
}

/** A choice with its method made. */
interface Way {
  choice: Choice;
  method: DraftingMethod;
}

/** A decoder with how it drafts. */
interface Drafted {
  way: Way;
  decoder: Decoder;
  memory: AutoMemory | undefined;
  drafting: Drafting;
}

/** A decoder that drafts by one method after the other. */
export class DraftingDecoder implements Disposable {
  readonly #model: Transformer;
  readonly #assets: DraftAssets;
  readonly #options: DecoderOptions;
  readonly #openMemory: OpenMemory | undefined;
  #current: Drafted | undefined;

  /** @param openMemory if left out, every decoder begins from nothing and nothing is kept. */
  constructor(
    model: Transformer,
    assets: DraftAssets,
    options: DecoderOptions,
    openMemory?: OpenMemory,
  ) {
    this.#model = model;
    this.#assets = assets;
    this.#options = options;
    this.#openMemory = openMemory;
  }

  /**
   * The decoder, after {@linkcode use}.
   *
   * @throws GpuError if that could not make one.
   */
  get decoder(): Decoder {
    return this.#present.decoder;
  }

  /**
   * How it drafts.
   *
   * @throws GpuError if there is no decoder.
   */
  get drafting(): Drafting {
    return this.#present.drafting;
  }

  get #present(): Drafted {
    if (this.#current) return this.#current;
    throw new GpuError(
      "there is no decoder: the last way of drafting that was chosen could not begin; choose another",
    );
  }

  /**
   * Drafts in another way from now on. What the decoder had cached is kept. Where that fails, the way before goes
   * on: there may not be room for two decoders, so it is made again if the other one had begun. There is no
   * decoder if that fails too.
   *
   * @throws NoInputError if the model lacks what the method needs, DataError if that is malformed.
   * @throws RangeError if there is no such method, UnsuitableTreeError if it cannot have such a tree.
   * @throws DraftingUnchangedError if the device has no room for it and the way before goes on, else GpuError.
   */
  async use(wanted: Partial<DraftSettings>): Promise<void> {
    const { gpu } = this.#model;
    const former = this.#current;
    let text: CachedText | null = null;
    try {
      await attempt(gpu, async () => {
        const way = await this.#create(wanted);
        text = await cachedOf(former);
        this.#end();
        await this.#begin(way, text);
      });
    } catch (error) {
      if (!former) throw error;
      if (this.#current !== former) await this.#goOn(former, text, error);
      gpu.check();
      if (!(error instanceof GpuError)) throw error;
      const stays = `the method stays ${former.drafting.method}`;
      throw new DraftingUnchangedError(`${error.message}; ${stays}`, { cause: error });
    }
  }

  /** Drafts as before, where another way failed. */
  async #goOn({ way }: Drafted, text: CachedText | null, failure: unknown): Promise<void> {
    this.#end();
    try {
      await attempt(this.#model.gpu, () => this.#begin(way, text));
    } catch {
      this.#end();
      throw failure;
    }
  }

  async #begin(way: Way, text: CachedText | null): Promise<void> {
    const { choice, method } = way;
    const { nodes, depth } = method.sizes(this.#model);
    const memory = method.kinds && await this.#openMemory?.(method, method.kinds, choice.tree);
    const options = { ...this.#options, ...(memory && { steer: memory.steer }) };
    const decoder = createDecoder(this.#model, options, method);
    const name = choice.method === AUTO ? AUTO_PREFIX + method.name : method.name;
    const remembers = memory?.remembers && { remembers: true };
    const { sources = [method.name] } = method;
    const drafting = { method: name, sources, nodes, depth, ...remembers };
    this.#current = { way, decoder, memory, drafting };
    if (text) await decoder.restore(text);
  }

  #end(): void {
    this.#current?.decoder[Symbol.dispose]();
    this.#current?.memory?.[Symbol.dispose]();
    this.#current = undefined;
  }

  /** Drafts only save time: a file of theirs that is of no use must not keep anybody from the text. */
  async #create(wanted: Partial<DraftSettings>): Promise<Way> {
    try {
      const choice = await chooseDrafting(this.#model, this.#assets, wanted);
      const method = await createMethod(choice.method, this.#model, this.#assets, choice.tree);
      return { choice, method };
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      throw alsoAdvising(error, `decode without it by --method ${PLAIN.name}`);
    }
  }

  [Symbol.dispose](): void {
    this.#end();
  }
}

/** What a decoder has cached, on the host: the device may not have room for two caches. Null for nothing. */
async function cachedOf(drafted: Drafted | undefined): Promise<CachedText | null> {
  const { ids, layers } = drafted?.decoder.cached ?? { ids: [] };
  if (!layers || ids.length === 0) return null;
  const copies = await Array.fromAsync(layers());
  return { ids, layers: () => ReadableStream.from(copies) };
}
