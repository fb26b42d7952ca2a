/** Drafting weights that come with the program, for checkpoints that people know. */

import { exists } from "@std/fs";
import { fromFileUrl, join } from "@std/path";
import type { DraftAsset } from "../../draft/assets.ts";
import { isPermitted } from "../../format/files.ts";
import { openTrainedTensors } from "../../format/trained/trained_file.ts";
import { modelSizes } from "../../model/loading/fingerprint.ts";
import type { ModelFolder } from "../model_folder.ts";

/** Where they are: a folder for each checkpoint, beside the program and inside an executable. */
const SHIPPED_FOLDER = fromFileUrl(new URL("../../../weights", import.meta.url));

/** What a file of drafting weights says of the model that it was made for. */
export interface MadeFor {
  /** Fingerprint of the model; undefined if the file says none. */
  fingerprint: string | undefined;
  /** See `modelSizes`; undefined if the file says none. */
  sizes: string | undefined;
}

/** What a file of an asset says of the model that it was made for. Throws as opening it does. */
export async function madeFor(path: string, { kind }: DraftAsset): Promise<MadeFor> {
  using tensors = await openTrainedTensors(path, kind);
  const { metadata } = tensors;
  return { fingerprint: metadata.get("base_fingerprint"), sizes: metadata.get("base_sizes") };
}

/**
 * The file that came with the program and was made for the model of a folder, wherever that is; else one
 * for a model of the same sizes, of which this may be a copy, fine-tuned or quantised. Null if none is.
 *
 * @throws NoInputError if the model's weights are missing or not readable, DataError if malformed.
 */
export async function shippedFor(
  asset: DraftAsset,
  folder: ModelFolder,
  root: string = SHIPPED_FOLDER,
): Promise<string | null> {
  const ofSameSizes: { path: string; fingerprint: string | undefined }[] = [];
  for (const name of await foldersIn(root)) {
    const path = join(root, name, asset.kind.file);
    if (!await exists(path)) continue;
    const { fingerprint, sizes } = await madeFor(path, asset);
    if (sizes === modelSizes(folder.config)) ofSameSizes.push({ path, fingerprint });
  }
  if (ofSameSizes.length === 0) return null;
  const own = await folder.storedFingerprint();
  return (ofSameSizes.find(({ fingerprint }) => fingerprint === own) ?? ofSameSizes[0]).path;
}

/** None where the program may not read there, as a program that uses the library. */
async function foldersIn(root: string): Promise<string[]> {
  if (!await isPermitted("read", root) || !await exists(root)) return [];
  const entries = await Array.fromAsync(Deno.readDir(root));
  return entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => name).sort();
}
