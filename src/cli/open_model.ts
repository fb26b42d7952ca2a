/** From flags to a model, with a progress bar where that takes long. */

import { exists } from "@std/fs";
import type { DraftAsset } from "../draft/assets.ts";
import { TRANSFER_MAPS } from "../draft/hidden_transfer/load_maps.ts";
import { PHRASES_ASSET } from "../draft/phrases/load_phrases.ts";
import { DEMO_FOLDER } from "../engine/demo_folder.ts";
import type { AssetFiles } from "../engine/drafting/draft_assets.ts";
import { environmentVariable } from "../engine/environment.ts";
import { longContextLine } from "../engine/long_context.ts";
import { type MemoryPlan, memoryText } from "../engine/memory/memory_plan.ts";
import { type FolderLoadOptions, type LoadedModel, ModelFolder } from "../engine/model_folder.ts";
import { type OpenModel, type OpenOptions, openTextModel } from "../engine/open_model.ts";
import { NoInputError } from "../format/errors.ts";
import type { QuantisationSettings } from "../model/quantise/settings.ts";
import {
  type AssetFlagValues,
  type MethodFlagValues,
  readDraftSettings,
  withTree,
} from "./flags/drafting_flags.ts";
import { expandHome } from "./files.ts";
import { giveUpNetwork } from "./network.ts";
import { locateModel } from "./pull/locate_model.ts";
import { describeBytes } from "./progress/facts.ts";
import { Progress } from "./progress/progress.ts";
import { sayLine } from "./terminal/output.ts";

/** The flags that say which model, how it is held and how it drafts. */
export interface ModelFlags extends MethodFlagValues, AssetFlagValues {
  model: string | undefined;
  "chat-template"?: string | undefined;
  kv: "f16" | "f32";
  "context-length": number | undefined;
  quantize?: "no" | "4" | "8";
  forget?: boolean;
  "no-keep"?: boolean;
  quiet?: boolean;
}

/**
 * Opens the model that was asked for: `--model`, $FORETOKEN_MODEL, or the demo model. A model of the
 * hub that is not in its cache is fetched; from then on the program has no network.
 *
 * @throws NoInputError or DataError if it holds no model that can be run.
 * @throws HubError, HubDataError or CacheError if it is to be fetched and cannot be.
 */
export async function openFolder(
  flag: string | undefined,
  { quantize = "no" }: Pick<ModelFlags, "quantize"> = {},
): Promise<ModelFolder> {
  const model = expandHome(flag ?? environmentVariable("FORETOKEN_MODEL") ?? DEMO_FOLDER);
  const { path, name } = await locateModel(model);
  giveUpNetwork();
  const folder = await ModelFolder.open(path, name);
  return quantize === "no"
    ? folder
    : folder.quantised(quantisationOf({ bits: quantize, group: "64", "head-bits": "8" }));
}

/** How the flags of `quantize` want a model's weights. */
export function quantisationOf(
  flags: { bits: "4" | "8"; group: string; "head-bits": "4" | "8" },
): QuantisationSettings {
  const [bits, headBits] = [flags.bits, flags["head-bits"]].map((word) => word === "4" ? 4 : 8);
  return { bits, group: Number(flags.group), headBits };
}

/**
 * Draft assets that replace those in the model's folder.
 *
 * @throws NoInputError if there is no such file.
 */
export async function assetFilesOf(flags: Partial<AssetFlagValues>): Promise<AssetFiles> {
  const files: Record<string, string | undefined> = {};
  for (const [flag, { method, description }] of FLAGGED_ASSETS) {
    const path = flags[flag];
    if (path !== undefined && !await exists(path)) {
      throw new NoInputError(`--${flag} ${path}: no such file; expected ${description}`);
    }
    files[method] = path;
  }
  return files;
}

const FLAGGED_ASSETS: readonly [keyof AssetFlagValues, DraftAsset][] = [
  ["maps", TRANSFER_MAPS],
  ["phrases", PHRASES_ASSET],
];

/**
 * Puts the weights of a folder on the GPU.
 *
 * @throws NoInputError, DataError or NoGpuError with one line for the user.
 */
export async function loadWithProgress(
  folder: ModelFolder,
  options: Omit<FolderLoadOptions, "onProgress"> = {},
): Promise<LoadedModel> {
  const longContext = longContextLine(folder, options.contextLength);
  if (longContext !== undefined) sayLine(longContext);
  using progress = loadingProgress(folder);
  return await folder.load({ ...options, onProgress: progress.onProgress });
}

/**
 * Opens the model that the flags name, ready to answer.
 *
 * @param onTemplate may refuse its template by throwing, before more is read.
 * @throws NoInputError, DataError or NoGpuError with one line for the user.
 */
export async function openModelOf(
  flags: ModelFlags,
  onTemplate?: OpenOptions["onTemplate"],
): Promise<OpenModel> {
  const { kv, "context-length": contextLength, "chat-template": chatTemplate } = flags;
  // Files first: their errors can be reported without a GPU.
  const drafting = await readDraftSettings(flags);
  const folder = await openFolder(flags.model, flags);
  using progress = loadingProgress(folder);
  const { onProgress } = progress;
  const assetFiles = await assetFilesOf(flags);
  const onWarning = (line: string) => {
    progress.wipe();
    sayLine(line);
  };
  const onPlan = (plan: MemoryPlan) => {
    if (plan.total >= TOLD_BYTES && !flags.quiet) onWarning(`memory: ${memoryText(plan)}`);
  };
  const opening = { kv, assetFiles, chatTemplate, contextLength, onTemplate };
  const memory = flags["no-keep"] ? "none" : flags.forget ? "fresh" : "kept";
  const options = { ...opening, drafting, memory, onProgress, onWarning, onPlan } as const;
  return await withTree(flags, () => openTextModel(folder, options));
}

/** Models from this size on are told what they take. */
const TOLD_BYTES = 1e9;

/** Progress of putting a folder's weights on the GPU; reading a large tokenizer comes before. */
export function loadingProgress({ name }: ModelFolder): Progress {
  const progress = new Progress(`loading ${name}`, describeBytes);
  progress.begin();
  return progress;
}
