import { NoInputError } from "../../format/errors.ts";
import { isPermitted } from "../../format/files.ts";
import { findModel as findInCache } from "../../hub/cache.ts";
import { parseModelName } from "../../hub/model_name.ts";
import { HubError } from "../../hub/errors.ts";
import { cacheFolder } from "../../hub/settings.ts";
import { environmentVariable } from "../environment.ts";
import { aString } from "./checks.ts";

/**
 * The folder of a model of the Hugging Face hub that is on this machine, fetched by `foretoken pull` or by
 * another tool that keeps models in the same cache. Nothing is fetched. The program needs permission to read
 * the cache, and of the environment variables `HF_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME`, `HOME` and
 * `USERPROFILE` those that say where it is.
 *
 * @example
 * ```ts ignore
 * import { findModel, openModel } from "foretoken";
 *
 * using model = await openModel(await findModel("HuggingFaceTB/SmolLM2-135M-Instruct"));
 * ```
 *
 * @param name `ORG/NAME`, or `ORG/NAME@REVISION`.
 * @throws TypeError or RangeError if it is no such name.
 * @throws NoInputError if the model is not there in full, or the cache may not be read.
 */
export async function findModel(name: string): Promise<string> {
  return await findFetched(name, environmentVariable);
}

/**
 * As {@linkcode findModel}.
 *
 * @param variable an environment variable, or undefined where it is not set.
 */
export async function findFetched(
  name: string,
  variable: (name: string) => string | undefined,
): Promise<string> {
  aString(name, "name");
  const parsed = parseModelName(name);
  if (parsed === null) {
    throw new RangeError(
      `name: expected ORG/NAME or ORG/NAME@REVISION, found ${JSON.stringify(name)}`,
    );
  }
  const cache = cacheOf(variable);
  if (!await isPermitted("read", cache)) {
    throw new NoInputError(`${cache}: the program has no permission to read this folder of models`);
  }
  const folder = await findInCache(cache, parsed);
  if (folder !== null) return folder;
  throw new NoInputError(`${name} is not in ${cache}; foretoken pull ${name} fetches it`);
}

function cacheOf(variable: (name: string) => string | undefined): string {
  try {
    return cacheFolder(variable);
  } catch (error) {
    throw error instanceof HubError ? new NoInputError(error.message, { cause: error }) : error;
  }
}
