/** Whether a model that was fetched can be run. */

import { join } from "@std/path";
import { ModelFolder } from "../../engine/model_folder.ts";
import { DataError, NoInputError } from "../../format/errors.ts";
import { OutOfMemoryError } from "../../gpu/errors.ts";
import type { Gpu } from "../../gpu/gpu.ts";

/**
 * What the configuration of a model asks for and cannot be had, or null if it can be run. Paths are
 * seen from its folder, whose own path in the cache is long.
 */
export async function obstacleOf(folder: string): Promise<string | null> {
  return await obstacleTo(folder, () => ModelFolder.open(folder));
}

/** What keeps a model that is all there from running on a GPU with the whole of its context, or null. */
export async function obstacleOn(gpu: Gpu, folder: string): Promise<string | null> {
  return await obstacleTo(folder, async () => (await ModelFolder.open(folder, "it")).planOn(gpu));
}

async function obstacleTo(
  folder: string,
  attempt: () => Promise<unknown>,
): Promise<string | null> {
  try {
    await attempt();
    return null;
  } catch (error) {
    const isForeseen = error instanceof DataError || error instanceof NoInputError ||
      error instanceof OutOfMemoryError;
    if (!isForeseen) throw error;
    return error.message.replaceAll(join(folder, "/"), "");
  }
}
