/** The tiles of products that were measured on a GPU: kept in the user's own folder, for all models. */

import { sha256 } from "../format/digest.ts";
import { DeviceRecords, type Measurement } from "../format/settings/device_records.ts";
import { tileRecords, type TileSettings } from "../format/settings/product_tiles.ts";
import { backendName } from "../gpu/driver_environment.ts";
import type { Gpu, GpuOptions } from "../gpu/gpu.ts";
import { requestGpu } from "../gpu/request_gpu.ts";
import type { BlockTile } from "../ops/layouts.ts";
import { BLOCK_TILES, TILE_CODE, tilesOf } from "../ops/products/block_tiles.ts";
import { useTiles } from "../ops/profiles.ts";
import { stateFile } from "./state_folder.ts";

/** Tiles, and when they were measured. */
export type KeptTiles = TileSettings<BlockTile> & Measurement;

/**
 * Opens the GPU, with the tiles that were measured on it. They make a model faster and no more: a file that
 * is damaged counts as none.
 *
 * @throws NoGpuError if there is no GPU that WebGPU can use.
 */
export async function openGpu(options?: GpuOptions): Promise<Gpu> {
  const gpu = await requestGpu(options);
  useKeptTiles(gpu, await findTiles(gpu).catch(() => null));
  return gpu;
}

/** Has the products of a device computed by these tiles from now on, or by those of the table. */
export function useKeptTiles(gpu: Gpu, kept: TileSettings<BlockTile> | null): void {
  if (kept === null) return useTiles(gpu, null);
  const { tiles, manyRowsTile } = kept;
  useTiles(gpu, { tiles, ...(manyRowsTile && { manyRowsTile }) });
}

/**
 * The tiles that were measured on a device with its present kernels; null where none were, or the program may not
 * read what it keeps.
 *
 * @throws DataError if the file is malformed.
 */
export async function findTiles(gpu: Gpu): Promise<KeptTiles | null> {
  if (tilesOf(gpu) === null) return null;
  return await (await records())?.find(nameOf(gpu)) ?? null;
}

/**
 * Keeps what was measured on a device and returns the file's path; null where the user has no folder.
 *
 * @throws Deno.errors of the file system if it cannot be written.
 */
export async function keepTiles(gpu: Gpu, kept: KeptTiles): Promise<string | null> {
  return await (await records())?.keep(nameOf(gpu), kept) ?? null;
}

async function records(): Promise<DeviceRecords<TileSettings<BlockTile>> | null> {
  const path = stateFile("tiles.json");
  if (path === null) return null;
  const fingerprint = await sha256(new TextEncoder().encode(TILE_CODE));
  return new DeviceRecords(tileRecords(BLOCK_TILES), { fingerprint, places: [path] });
}

/** The adapter and its driver, as far as WebGPU tells. */
function nameOf({ name, info }: Gpu): string {
  return [name, info.vendor, info.device, backendName()].join(", ");
}
