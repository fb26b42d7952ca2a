/** From a folder to a model that answers. */

import type { DecoderOptions } from "../decode/decoder.ts";
import type { LoadOptions } from "../model/load.ts";
import { openPlainReference } from "./audit/plain_reference.ts";
import { DraftingDecoder, type DraftingSettings, methodFor } from "./drafting/drafting.ts";
import { offersOf } from "./drafting/draft_assets.ts";
import type { ModelFolder } from "./model_folder.ts";
import type { TextModel } from "./text/generate_text.ts";

/** How a model is opened; nothing of it but `kv` changes a token. */
export interface OpenOptions extends LoadOptions {
  /** Number format of the KV cache. */
  kv: NonNullable<DecoderOptions["kv"]>;
  /** File of transfer maps in place of the folder's own. */
  maps?: string | undefined;
  /** How it drafts at first. */
  drafting: DraftingSettings;
}

/** A model on the GPU; disposing of it frees everything. */
export interface OpenModel extends TextModel, Disposable {
  /** Name of the adapter that it runs on. */
  readonly device: string;
  /** Whether the adapter is a CPU in disguise. */
  readonly isSoftware: boolean;
}

/**
 * Puts a model on the GPU, ready to answer.
 *
 * @throws NoInputError or DataError if a file is missing or malformed: without waiting for a GPU as
 * far as that can be told.
 * @throws NoGpuError if there is no GPU that WebGPU can use.
 */
export async function openModel(folder: ModelFolder, options: OpenOptions): Promise<OpenModel> {
  const { kv, maps, drafting: settings, ...loading } = options;
  const text = await folder.text();
  const offers = await offersOf(folder.path, maps);
  methodFor(settings, offers);
  using resources = new DisposableStack();
  const { gpu, model } = resources.use(await folder.load(loading));
  resources.use(offers);
  const drafting = resources.use(new DraftingDecoder(model, offers, { kv }));
  await drafting.use(settings);
  const owned = resources.move();
  return {
    ...text,
    device: gpu.name,
    isSoftware: gpu.isSoftware,
    eosTokenIds: folder.config.eosTokenIds,
    get decoder() {
      return drafting.decoder;
    },
    get drafting() {
      return drafting.drafting;
    },
    draftBy: (settings) => drafting.use(settings),
    openReference: () => openPlainReference(model, { kv }),
    [Symbol.dispose]: () => owned.dispose(),
  };
}
