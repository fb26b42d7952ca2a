/** From the name of a folder to a model that answers. */

import { createDecoder } from "../decode/decoder.ts";
import { ChatTemplate } from "../format/chat_template.ts";
import { readConfig } from "../format/config.ts";
import { Safetensors } from "../format/safetensors.ts";
import { Tokenizer } from "../format/tokenizer.ts";
import { requestGpu } from "../gpu/gpu.ts";
import { loadTransformer } from "../model/load.ts";
import { basename, fromFileUrl, resolve } from "@std/path";
import { environmentVariable, silenceDriverWarning } from "./environment.ts";
import { progressBar } from "./progress.ts";
import type { TextModel } from "./text_generation.ts";

/** The flags that say which model, and how it is held. */
export interface ModelFlags {
  model: string | undefined;
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
  const [config, tokenizer, template] = await Promise.all([
    readConfig(folder),
    Tokenizer.open(folder),
    ChatTemplate.open(folder),
  ]);
  using tensors = await Safetensors.open(folder);
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
  const decoder = resources.use(createDecoder(transformer, { kv: flags.kv }));
  const owned = resources.move();
  return {
    name,
    device: gpu.name,
    isSoftware: gpu.isSoftware,
    tokenizer,
    template,
    eosTokenIds: config.eosTokenIds,
    decoder,
    [Symbol.dispose]: () => owned.dispose(),
  };
}
