/** From flags to a model, with a progress bar where that takes long. */

import { DEMO_FOLDER } from "../engine/demo_folder.ts";
import { environmentVariable } from "../engine/environment.ts";
import { type LoadedModel, ModelFolder } from "../engine/model_folder.ts";
import { type OpenModel, openModel } from "../engine/open_model.ts";
import type { LoadOptions } from "../model/load.ts";
import { type MethodFlagValues, readDraftingSettings } from "./flags/drafting_flags.ts";
import { progressBar } from "./terminal/progress.ts";

/** The flags that say which model, how it is held and how it drafts. */
export interface ModelFlags extends MethodFlagValues {
  model: string | undefined;
  maps: string | undefined;
  kv: "f16" | "f32";
  "context-length": number | undefined;
}

/**
 * Opens the folder of the model that is meant: `--model`, $FORETOKEN_MODEL, or the demo model.
 *
 * @throws NoInputError or DataError if it holds no model that can be run.
 */
export async function openFolder(flag: string | undefined): Promise<ModelFolder> {
  return await ModelFolder.open(flag ?? environmentVariable("FORETOKEN_MODEL") ?? DEMO_FOLDER);
}

/**
 * Puts the weights of a folder on the GPU.
 *
 * @throws NoInputError, DataError or NoGpuError with one line for the user.
 */
export async function loadWithProgress(
  folder: ModelFolder,
  options: Omit<LoadOptions, "onProgress"> = {},
): Promise<LoadedModel> {
  using progress = progressBar(`loading ${folder.name}`);
  return await folder.load({ ...options, onProgress: progress.update });
}

/**
 * Opens the model that the flags name, ready to answer.
 *
 * @throws NoInputError, DataError or NoGpuError with one line for the user.
 */
export async function openModelOf(flags: ModelFlags): Promise<OpenModel> {
  const { kv, maps, "context-length": contextLength } = flags;
  // The files first: what is wrong with them can be told without a GPU.
  const drafting = await readDraftingSettings(flags);
  const folder = await openFolder(flags.model);
  using progress = progressBar(`loading ${folder.name}`);
  const onProgress = progress.update;
  return await openModel(folder, { kv, maps, contextLength, drafting, onProgress });
}
