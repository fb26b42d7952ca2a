/** What a model's folder offers to drafting methods. */

import { exists } from "@std/fs";
import { join } from "@std/path";
import type { TransferMaps } from "../../draft/hidden_transfer/hidden_transfer.ts";
import { loadMedusaHeads } from "../../draft/medusa/load_heads.ts";
import { loadTransferMaps } from "../../draft/hidden_transfer/load_maps.ts";
import type { MedusaHeads } from "../../draft/medusa/medusa.ts";
import type { ModelOffers, Offer, TunedDrafting } from "../../draft/registry.ts";
import { placesOf } from "../../draft/tree_shape.ts";
import { DataError, NoInputError } from "../../format/errors.ts";
import { folderFingerprint, modelFingerprint } from "../../model/fingerprint.ts";
import { MEDUSA_HEADS_FILE, medusaHeadNames, openMedusaHeads } from "../../format/medusa_heads.ts";
import { Safetensors } from "../../format/safetensors.ts";
import {
  openTransferMaps,
  TRANSFER_MAPS_FILE,
  transferMapNames,
} from "../../format/transfer_maps.ts";
import type { DeviceTuning } from "../../format/draft_settings.ts";
import type { Transformer } from "../../model/transformer.ts";
import { findSelfSpeculation } from "./self_speculations.ts";
import { findTuning, type MapsFile } from "./tunings.ts";

/** What there is, and the owner of what has been loaded of it. */
export interface FolderOffers extends ModelOffers, Disposable {
  /** The file of transfer maps; for when it is there. */
  mapsFile(model: Transformer): Promise<MapsFile>;
}

/**
 * Looks what a model's folder holds, without opening it yet.
 *
 * @param maps file of transfer maps that is used in place of the folder's own.
 * @throws NoInputError if there is no such file.
 */
export async function offersOf(folder: string, maps: string | undefined): Promise<FolderOffers> {
  const path = maps ?? join(folder, TRANSFER_MAPS_FILE);
  const isThere = await exists(path);
  if (!isThere && maps !== undefined) {
    throw new NoInputError(`--maps ${maps}: no such file; expected maps of hidden transfer`);
  }
  const missing = isThere
    ? null
    : `${path}, which foretoken train hidden-transfer makes, or --maps FILE`;
  const transferMaps = new LoadedOnce(missing, (model) => readTransferMaps(model, folder, path));
  const headsPath = join(folder, MEDUSA_HEADS_FILE);
  const missingHeads = await exists(headsPath)
    ? null
    : `${headsPath}, which foretoken train medusa makes`;
  const medusaHeads = new LoadedOnce(
    missingHeads,
    (model) => readMedusaHeads(model, folder, headsPath),
  );
  return {
    transferMaps,
    medusaHeads,
    mapsFile: (model) => identify(path, model),
    tuned: async (model) => {
      const device = model.gpu.name;
      const tuning = isThere ? await findTuning(await identify(path, model), device) : null;
      return tuning && tunedDrafting(tuning, path);
    },
    selfSpeculation: ({ gpu }) => findSelfSpeculation(folder, gpu.name),
    [Symbol.dispose]() {
      transferMaps[Symbol.dispose]();
      medusaHeads[Symbol.dispose]();
    },
  };
}

async function identify(path: string, { config }: Transformer): Promise<MapsFile> {
  using tensors = await Safetensors.openFile(path);
  return { path, fingerprint: await modelFingerprint(config, tensors) };
}

/** @throws DataError if the tuning's tree is none. */
function tunedDrafting(tuning: DeviceTuning, path: string): TunedDrafting {
  const { method, nodes, tree, carry } = tuning;
  if (tree === null) return { method, tree: { nodes, carry } };
  try {
    return { method, tree: { nodes, carry, shape: placesOf(tree) } };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new DataError(`the tuning of ${path}: ${problem}; make a new one with foretoken tune`);
  }
}

class LoadedOnce<Material extends Disposable> implements Offer<Material>, Disposable {
  readonly missing: string | null;
  readonly #read: (model: Transformer) => Promise<Material>;
  #material: Material | undefined;

  constructor(missing: string | null, read: (model: Transformer) => Promise<Material>) {
    this.missing = missing;
    this.#read = read;
  }

  async load(model: Transformer): Promise<Material> {
    return this.#material ??= await this.#read(model);
  }

  [Symbol.dispose](): void {
    this.#material?.[Symbol.dispose]();
  }
}

/** @throws DataError if the file is not one of maps for this very model. */
async function readTransferMaps(
  model: Transformer,
  folder: string,
  path: string,
): Promise<TransferMaps & Disposable> {
  const { config } = model;
  using file = await openTransferMaps(path, config, await folderFingerprint(folder, config));
  return await loadTransferMaps(model, { ...file, ...transferMapNames(file) });
}

/** @throws DataError if the file is not one of heads for this very model. */
async function readMedusaHeads(
  model: Transformer,
  folder: string,
  path: string,
): Promise<MedusaHeads & Disposable> {
  const { config } = model;
  using file = await openMedusaHeads(path, config, await folderFingerprint(folder, config));
  const names = Array.from({ length: file.heads }, (_, i) => medusaHeadNames(i + 1));
  return await loadMedusaHeads(model, { tensors: file.tensors, names });
}
