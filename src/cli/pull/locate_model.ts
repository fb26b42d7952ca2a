/** From what `--model` says to a folder. */

import { NoInputError } from "../../format/errors.ts";
import { findModel } from "../../hub/cache.ts";
import { parseModelName } from "../../hub/model_name.ts";
import { sayLine } from "../terminal/output.ts";
import { fetchModel, hubSettings } from "./fetch_model.ts";

/**
 * The folder that is meant, and its name for people where that is not the folder's own. What stands on
 * this machine is taken as it is; otherwise `ORG/NAME[@REVISION]` is a model of the hub, which is
 * fetched unless it is in the cache.
 *
 * @throws NoInputError if it is neither here nor the name of a model.
 * @throws HubError, HubDataError, CacheError or DataError if it must be fetched and cannot be.
 */
export async function locateModel(text: string): Promise<{ path: string; name?: string }> {
  const name = parseModelName(text);
  const isHere = await Deno.stat(text).then(() => true, () => false);
  if (isHere) return { path: text };
  if (name === null) {
    throw new NoInputError(
      `${text}: no such folder; a model of the hub is named ORG/NAME, and foretoken models lists ` +
        "those that are here",
    );
  }
  const settings = await hubSettings();
  const cached = await findModel(settings.cache, name);
  if (cached !== null) return { path: cached, name: name.id };
  if (!settings.isOffline) sayLine(`${text} is not here; fetching it`);
  return { path: await fetchModel(settings, name), name: name.id };
}
