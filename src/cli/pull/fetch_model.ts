/** A model of the hub, fetched before people's eyes. */

import { environmentVariable } from "../../engine/environment.ts";
import { DataError } from "../../format/errors.ts";
import type { ModelName } from "../../hub/model_name.ts";
import { pullModel } from "../../hub/pull.ts";
import { type HubSettings, readHubSettings } from "../../hub/settings.ts";
import { describeTransfer } from "../progress/facts.ts";
import { Progress } from "../progress/progress.ts";
import { obstacleOf } from "./obstacle.ts";

/** A connection on which nothing arrives for so long counts as broken. */
const STALL_MILLISECONDS = 30_000;

/**
 * Where models come from and where they are kept, as the environment says.
 *
 * @throws HubError if it makes no sense.
 */
export async function hubSettings(): Promise<HubSettings> {
  return await readHubSettings(environmentVariable);
}

/**
 * Makes a model be there in the cache and returns its folder.
 *
 * @throws HubError, HubDataError or CacheError if it cannot be had.
 * @throws DataError if it is of a kind that cannot be run: before any weights are fetched.
 */
export async function fetchModel(settings: HubSettings, name: ModelName): Promise<string> {
  using progress = new Progress(`fetching ${name.id}`, describeTransfer);
  return await pullModel(settings, name, {
    say: (line) => progress.say(line),
    wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    stallMilliseconds: STALL_MILLISECONDS,
    onProgress: ({ received, ...advance }) => progress.update({ ...advance, fresh: received }),
    beforeWeights: (folder) => requireRunnable(name, folder),
  });
}

async function requireRunnable(name: ModelName, folder: string): Promise<void> {
  const obstacle = await obstacleOf(folder);
  if (obstacle === null) return;
  throw new DataError(`${name.id} cannot be run, so its weights were not fetched: ${obstacle}`);
}
