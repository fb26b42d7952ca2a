/** From what `--model` says to a folder. */

import { findModel } from "../../hub/cache.ts";
import { parseModelName } from "../../hub/model_name.ts";
import { sayLine } from "../terminal/output.ts";
import { fetchModel, hubSettings } from "./fetch_model.ts";

/**
 * The folder that is meant, and its name for people where that is not the folder's own. What stands on
 * this machine is taken as it is; otherwise `ORG/NAME[@REVISION]` is a model of the hub, which is
 * fetched unless it is in the cache.
 *
 * @throws HubError, HubDataError, CacheError or DataError if it must be fetched and cannot be.
 */
export async function locateModel(text: string): Promise<{ path: string; name?: string }> {
  const name = parseModelName(text);
  const isHere = await Deno.stat(text).then(() => true, () => false);
  if (isHere || name === null) return { path: text };
  const settings = await hubSettings();
  const cached = await findModel(settings.cache, name);
  if (cached !== null) return { path: cached, name: name.id };
  if (!settings.isOffline) sayLine(`${text} is not here; fetching it`);
  return { path: await fetchModel(settings, name), name: name.id };
}
