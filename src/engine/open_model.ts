/** From a folder to a model that answers. */

import { resolve } from "@std/path";
import type { DecoderOptions } from "../decode/decoder.ts";
import { assetsOf } from "../draft/method.ts";
import { methodNamed } from "../draft/registry.ts";
import type { DraftSettings } from "../format/settings/draft_settings.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { longestContext } from "../model/context.ts";
import type { LoadOptions } from "../model/loading/load.ts";
import type { Transformer } from "../model/transformer.ts";
import { profileOf } from "../ops/profiles.ts";
import { openPlainReference } from "./audit/plain_reference.ts";
import { textLogits } from "./audit/text_logits.ts";
import { type AssetFiles, type AssetOptions, FolderAssets } from "./drafting/draft_assets.ts";
import { AutoMemory } from "./drafting/auto_memory.ts";
import { DraftingDecoder, type OpenMemory, requireMethod } from "./drafting/drafting.ts";
import type { FolderLoadOptions, ModelFolder, TextOptions } from "./model_folder.ts";
import { cacheOrigin } from "./cache_origin.ts";
import { longContextLine } from "./long_context.ts";
import { readGenerationDefaults } from "./text/generation_defaults.ts";
import { PromptCache } from "./text/prompts/prompt_cache.ts";
import type { TextModel } from "./text/generate_text.ts";

/** How a model is opened; nothing of it but `kv` changes a token. */
export interface OpenOptions extends LoadOptions, TextOptions, Pick<FolderLoadOptions, "onPlan"> {
  /** Number format of the KV cache. */
  kv: NonNullable<DecoderOptions["kv"]>;
  /** Files to draft with in place of those in the folder. */
  assetFiles?: AssetFiles | undefined;
  /** Hears in one line if something is not quite what it was made for: weights, or what drafts. */
  onWarning?: AssetOptions["onWarning"];
  /** How it drafts at first; what is left open is chosen for the device. */
  drafting: Partial<DraftSettings>;
  /**
   * Whether what the method `auto` learns about drafting here is kept for the next process, in the user's
   * own folder, and whether it begins with what was kept; "none" if left out, for measurements.
   */
  memory?: "none" | "kept" | "fresh" | undefined;
}

/** A model on the GPU; disposing of it frees everything. */
export interface OpenModel extends TextModel, Disposable {
  /** Absolute path of its folder. */
  readonly path: string;
  /** Name of the adapter that it runs on. */
  readonly device: string;
  /** Whether the adapter is a software driver that runs on the CPU. */
  readonly isSoftware: boolean;
}

/**
 * Puts a model on the GPU, ready to answer.
 *
 * @throws NoInputError or DataError if a file is missing or malformed: without waiting for a GPU as
 * far as that can be told.
 * @throws RangeError if there is no such drafting method, UnsuitableTreeError if it cannot have the tree.
 * @throws NoGpuError if there is no GPU that WebGPU can use.
 * @throws OutOfMemoryError if the model does not fit there with the whole of its context.
 */
export async function openTextModel(folder: ModelFolder, options: OpenOptions): Promise<OpenModel> {
  const { chatTemplate, onTemplate, drafting: wanted, memory, ...rest } = options;
  const { kv, assetFiles, onWarning, ...loading } = rest;
  const template = await folder.template({ chatTemplate, onTemplate });
  const generationDefaults = await readGenerationDefaults(folder.path);
  const assets = await FolderAssets.open(folder, { files: assetFiles, onWarning });
  requireMethod(wanted.method, assets);
  // The last of what needs no GPU: a large tokenizer takes long.
  const text = await folder.textWith(template);
  using resources = new DisposableStack();
  const openDecoder = async (model: Transformer, kv: OpenOptions["kv"]) => {
    using counted = await FolderAssets.open(folder, { files: assetFiles });
    const options = { kv, cachePositions: model.contextLength };
    await new DraftingDecoder(model, counted, options).use(wanted);
  };
  const { gpu, model } = resources.use(await folder.load({ ...loading, openDecoder, kv }));
  if (folder.config.quantization?.areActivationsQuantised) onWarning?.(withFullActivations(folder));
  const longContext = longContextLine(folder, loading.contextLength);
  if (longContext !== undefined) onWarning?.(longContext);
  resources.use(assets);
  const openMemory = memory === "none" || memory === undefined
    ? undefined
    : autoMemoryOf(folder, assets, gpu, { kv, isFresh: memory === "fresh" });
  const drafting = resources.use(new DraftingDecoder(model, assets, { kv }, openMemory));
  await drafting.use(wanted);
  const owned = resources.move();
  return {
    ...text,
    path: resolve(folder.path),
    device: gpu.name,
    isSoftware: gpu.isSoftware,
    longestContext: longestContext(folder.config),
    generationDefaults,
    get decoder() {
      return drafting.decoder;
    },
    get drafting() {
      return drafting.drafting;
    },
    draftBy: (wanted) => drafting.use(wanted),
    promptCache: new PromptCache(
      () => drafting.decoder,
      () => cacheOrigin(folder, model, kv),
    ),
    requireFiniteWeights: () => folder.requireFiniteWeights(),
    openReference: () => openPlainReference(model, { kv }),
    textLogits: (ids, from, options) => textLogits(model, { ids, from, kv, ...options }),
    [Symbol.dispose]: () => owned.dispose(),
  };
}

/** What opens the memory of decoders of a model on a device. */
function autoMemoryOf(
  folder: ModelFolder,
  assets: FolderAssets,
  gpu: Gpu,
  { kv, isFresh }: { kv: OpenOptions["kv"]; isFresh: boolean },
): OpenMemory {
  return async ({ name: method }, kinds, tree) => {
    const registered = methodNamed(method);
    const used = registered ? assetsOf(registered, assets) : [];
    const trained = await Promise.all(used.map((asset) => assets.fingerprintOf(asset)));
    const fingerprints = [await folder.fingerprint(), ...trained];
    const { profile, device } = { profile: profileOf(gpu).name, device: gpu.name };
    const setup = { fingerprints, device, profile, kv, method, tree };
    return await AutoMemory.open(setup, kinds, { isFresh });
  };
}

/** Says that a model is computed more exactly than by those who quantised it. */
function withFullActivations({ name, config }: ModelFolder): string {
  return `${name}: ${config.quantization?.summary}, made for activations that are quantised too; ` +
    "here they are not, so its answers may differ a little from its authors'";
}
