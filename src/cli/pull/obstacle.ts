/** Whether a model that was fetched can be run. */

import { join } from "@std/path";
import { DataError, NoInputError } from "../../format/errors.ts";
import { readConfig } from "../../model/read_config.ts";

/**
 * What the configuration of a model asks for and cannot be had, or null if it can be run. Paths are
 * seen from its folder, whose own path in the cache is long.
 */
export async function obstacleOf(folder: string): Promise<string | null> {
  try {
    await readConfig(folder);
    return null;
  } catch (error) {
    if (!(error instanceof DataError || error instanceof NoInputError)) throw error;
    return error.message.replaceAll(join(folder, "/"), "");
  }
}
