/** A model from the hub into the cache. */

import { ensureDir, exists } from "@std/fs";
import { join } from "@std/path";
import { ModelCache, readShardNames } from "./cache.ts";
import { HubClient, type RemoteFile } from "./client.ts";
import { download } from "./download.ts";
import { cacheError, HubError } from "./errors.ts";
import { planFiles, SHARD_INDEX } from "./model_files.ts";
import { isCommit, type ModelName } from "./model_name.ts";
import type { Patience } from "./patience.ts";
import type { HubSettings } from "./settings.ts";

/** How far the files of a model have come. */
export interface PullProgress {
  /** Bytes that are there, of all files whose sizes are known. */
  readonly done: number;
  /** Bytes of all files whose sizes are known. */
  readonly total: number;
  /** Bytes that came over the network in this run. */
  readonly received: number;
}

/** What is told while a model arrives. */
export interface PullOptions extends Patience {
  /** Called for every piece. */
  onProgress(progress: PullProgress): void;
  /** Is given the folder before any weights are fetched; what it throws ends the pull. */
  beforeWeights(folder: string): Promise<void>;
}

/**
 * Makes a model be there in the cache, in the state that the hub has now, and returns its folder.
 * What is there and whole is not fetched again; a commit that is there, or any revision offline, takes
 * no request, and is not looked at.
 *
 * @throws HubError if the hub does not give it, HubDataError if it gives something else.
 * @throws CacheError if it cannot be written.
 */
export async function pullModel(
  settings: HubSettings,
  name: ModelName,
  options: PullOptions,
): Promise<string> {
  const cache = new ModelCache(settings.cache, name.id);
  const isSettled = settings.isOffline || isCommit(name.revision);
  const cached = isSettled ? await cache.find(name.revision) : null;
  if (cached !== null) return cached;
  if (settings.isOffline) {
    throw new HubError(
      `${name.id} at ${name.revision} is not in ${settings.cache} in full, and HF_HUB_OFFLINE ` +
        "forbids to get it; unset that and run the same command",
    );
  }
  const client = new HubClient(settings, options);
  const { commit, names } = await client.info(name);
  const plan = planFiles(name.id, names);
  const files = new FileFetcher(client, cache, { id: name.id, revision: commit }, options);
  const folder = cache.snapshot(commit);
  await ensureDir(folder).catch((error) => {
    throw cacheError(folder, error);
  });

  if (plan.hasShards) await files.fetch(await files.describe([SHARD_INDEX]));
  const shards = plan.hasShards ? await readShardNames(folder) : [];
  // All sizes first, so that the time left is known from the beginning.
  const descriptions = await files.describe(plan.descriptions);
  const weights = await files.describe([...shards, ...plan.weights]);
  await files.fetch(descriptions);
  await options.beforeWeights(folder);
  await files.fetch(weights);
  // Only now: a revision that can be found can be opened.
  await cache.keepCommit(name.revision, commit);
  return folder;
}

/** Bytes whose checksum takes a second or more. */
const LONG_TO_CHECK = 2 ** 30;

/** Fetches files of one commit, and counts bytes over all of them. */
class FileFetcher {
  readonly #client: HubClient;
  readonly #cache: ModelCache;
  readonly #model: ModelName;
  readonly #options: PullOptions;
  #done = 0;
  #total = 0;
  #received = 0;

  constructor(client: HubClient, cache: ModelCache, model: ModelName, options: PullOptions) {
    this.#client = client;
    this.#cache = cache;
    this.#model = model;
    this.#options = options;
  }

  /** Asks about what the folder of the commit does not have whole; what a commit holds never changes. */
  async describe(names: readonly string[]): Promise<RemoteFile[]> {
    const files: RemoteFile[] = [];
    for (const name of names) {
      if (!await this.#isWhole(name)) files.push(await this.#client.describe(this.#model, name));
    }
    for (const { size } of files) this.#total += size;
    return files;
  }

  /** Whether a file is there; one that was damaged is discarded. */
  async #isWhole(name: string): Promise<boolean> {
    const commit = this.#model.revision;
    const path = join(this.#cache.snapshot(commit), name);
    if (!await exists(path)) return false;
    const { size } = await Deno.stat(path);
    if (size >= LONG_TO_CHECK) this.#options.say(`checking ${name}`);
    if (!await this.#cache.discardDamaged(commit, name)) return true;
    this.#options.say(`${name} was damaged and is fetched again`);
    return false;
  }

  /** Fetches files that were described. */
  async fetch(files: readonly RemoteFile[]): Promise<void> {
    for (const file of files) await this.#fetchOne(file);
  }

  async #fetchOne(file: RemoteFile): Promise<void> {
    const before = this.#done;
    await download(this.#client, this.#cache, this.#model, file, {
      onWait: () => this.#options.say(`another process is fetching ${file.name}; waiting for it`),
      onBytes: (present, received) => {
        this.#done = before + present;
        this.#received += received;
        this.#options.onProgress({
          done: this.#done,
          total: this.#total,
          received: this.#received,
        });
      },
    });
    await this.#cache.link(this.#model.revision, file.name, file.checksum);
  }
}
