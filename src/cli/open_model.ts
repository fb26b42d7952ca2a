/** From the name of a folder to a model that answers. */

import { basename, fromFileUrl, resolve } from "@std/path";
import { openPlainReference } from "../engine/audit/plain_reference.ts";
import { DraftingDecoder, methodFor } from "../engine/drafting/drafting.ts";
import { offersOf } from "../engine/drafting/offers.ts";
import { environmentVariable } from "../engine/environment.ts";
import type { TextModel } from "../engine/text/generation.ts";
import { ChatTemplate } from "../format/chat_template.ts";
import { readConfig } from "../model/read_config.ts";
import { Safetensors } from "../format/safetensors.ts";
import { Tokenizer } from "../format/tokenizer.ts";
import { silenceDriverWarning } from "../gpu/driver_warning.ts";
import { requestGpu } from "../gpu/gpu.ts";
import { loadTransformer } from "../model/load.ts";
import { type MethodFlagValues, readDraftingSettings } from "./flags/drafting_flags.ts";
import { progressBar } from "./terminal/progress.ts";

/** The flags that say which model, how it is held and how it drafts. */
export interface ModelFlags extends MethodFlagValues {
  model: string | undefined;
  maps: string | undefined;
  kv: "f16" | "f32";
  "context-length": number | undefined;
}

/** A model on the GPU; disposing of it frees everything. */
export interface OpenModel extends TextModel, Disposable {
  /** Name of the adapter that it runs on. */
  readonly device: string;
  /** Whether the adapter is a CPU in disguise. */
  readonly isSoftware: boolean;
}

/** The folder of the model that is meant: `--model`, $FORETOKEN_MODEL, or the demo model. */
export function modelFolder(flag: string | undefined): string {
  return flag ?? environmentVariable("FORETOKEN_MODEL") ?? DEMO_FOLDER;
}

/** Beside the program, also inside an executable made by `deno compile`. */
const DEMO_FOLDER = fromFileUrl(new URL("../../weights/demo", import.meta.url));

/**
 * Reads a model folder and puts its weights on the GPU, with a progress bar if that takes long.
 *
 * @throws DataError, NoInputError or NoGpuError with one line for the user.
 */
export async function openModel(flags: ModelFlags): Promise<OpenModel> {
  const folder = modelFolder(flags.model);
  // The files first: what is wrong with them can be told without a GPU.
  const settings = await readDraftingSettings(flags);
  const [config, tokenizer, template] = await Promise.all([
    readConfig(folder),
    Tokenizer.open(folder),
    ChatTemplate.open(folder),
  ]);
  using tensors = await Safetensors.open(folder);
  const offers = await offersOf(folder, flags.maps);
  methodFor(settings, offers);
  using resources = new DisposableStack();
  silenceDriverWarning();
  const gpu = resources.use(await requestGpu());
  const name = basename(resolve(folder));
  using progress = progressBar(`loading ${name}`);
  const transformer = resources.use(
    await loadTransformer(gpu, config, tensors, {
      contextLength: flags["context-length"],
      onProgress: progress.update,
    }),
  );
  resources.use(offers);
  const drafting = resources.use(new DraftingDecoder(transformer, offers, { kv: flags.kv }));
  await drafting.use(settings);
  const owned = resources.move();
  return {
    name,
    device: gpu.name,
    isSoftware: gpu.isSoftware,
    tokenizer,
    template,
    eosTokenIds: config.eosTokenIds,
    get decoder() {
      return drafting.decoder;
    },
    get drafting() {
      return drafting.drafting;
    },
    draftBy: (settings) => drafting.use(settings),
    openReference: () => openPlainReference(transformer, { kv: flags.kv }),
    [Symbol.dispose]: () => owned.dispose(),
  };
}
