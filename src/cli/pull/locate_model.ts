/** From what `--model` says to a folder. */

import { NoInputError } from "../../format/errors.ts";
import { findModel } from "../../hub/cache.ts";
import { cachedModels } from "../../hub/cached_models.ts";
import { parseModelName } from "../../hub/model_name.ts";
import { sayLine } from "../terminal/output.ts";
import { HubOutOfReachError } from "../../hub/errors.ts";
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
    const cache = await hubSettings().then(({ cache }) => cache, () => null);
    throw new NoInputError(`${text}: no such folder; ${await hubHint(text, cache)}`);
  }
  const settings = await hubSettings();
  const cached = await findModel(settings.cache, name);
  if (cached !== null) return { path: cached, name: name.id };
  if (!settings.isOffline) sayLine(`there is no folder ${text}; fetching the model of that name`);
  const path = await fetchModel(settings, name).catch((error) => {
    if (!(error instanceof HubOutOfReachError)) throw error;
    // What was said at first is far up by now, and may be all that is wrong.
    throw new HubOutOfReachError(`there is no folder ${text}, and ${error.message}`);
  });
  return { path, name: name.id };
}

/**
 * What to type in place of a text that is no name of the hub: `did you mean ORG/NAME?` where a model of that
 * NAME is in the cache.
 */
export async function hubHint(text: string, cache: string | null): Promise<string> {
  const models = cache === null ? [] : await cachedModels(cache).catch(() => []);
  const meant = models.find(({ name }) =>
    name.split(/[/@]/)[1].toLowerCase() === text.toLowerCase()
  );
  return meant === undefined
    ? "a model of the hub is named ORG/NAME, and foretoken models lists those that are here"
    : `did you mean ${meant.name}?`;
}
