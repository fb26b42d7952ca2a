/**
 * The cache of models that all tools of the Hugging Face hub share: contents by their checksum in
 * `blobs/`, a folder of links to them for each commit in `snapshots/`, and in `refs/` the commit
 * that each branch or tag stood at.
 *
 * Source: "Understand caching" in the guides of the huggingface_hub library.
 */

import { ensureDir, exists } from "@std/fs";
import { dirname, join, relative } from "@std/path";
import { hasChecksum } from "./checksum.ts";
import { cacheError } from "./errors.ts";
import { REQUIRED_FILES, SHARD_INDEX, shardNames, WEIGHTS } from "./model_files.ts";
import { isCommit, type ModelName } from "./model_name.ts";

/** Largest index of shards that is read, in bytes. */
const INDEX_LIMIT = 64 * 2 ** 20;

/** Names of contents that are their checksum. */
const CHECKSUM = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/** One model's part of the cache. */
export class ModelCache {
  /** `ORG/NAME`. */
  readonly id: string;
  /** Path of its folder. */
  readonly path: string;
  /** Where processes lock files of this model against each other. */
  readonly locks: string;

  constructor(cache: string, id: string) {
    this.id = id;
    const folder = `models--${id.replace("/", "--")}`;
    this.path = join(cache, folder);
    this.locks = join(cache, ".locks", folder);
  }

  /** Path of contents by their checksum. */
  blob(checksum: string): string {
    return join(this.path, "blobs", checksum);
  }

  /** Path of the folder of a commit. */
  snapshot(commit: string): string {
    return join(this.path, "snapshots", commit);
  }

  /** The commit that a revision stood at when it was last asked for; null if it never was. */
  async commitOf(revision: string): Promise<string | null> {
    if (isCommit(revision)) return revision;
    const text = await Deno.readTextFile(join(this.path, "refs", revision)).catch(() => "");
    return isCommit(text.trim()) ? text.trim() : null;
  }

  /**
   * Notes which commit a revision stands at.
   *
   * @throws CacheError if that cannot be written.
   */
  async keepCommit(revision: string, commit: string): Promise<void> {
    if (isCommit(revision)) return;
    const path = join(this.path, "refs", revision);
    await this.#place(path, (temporary) => Deno.writeTextFile(temporary, commit));
  }

  /**
   * Puts contents into the folder of a commit: by a symbolic link where the system has them, by a
   * second name of the same file where it has those, otherwise by a copy.
   *
   * @throws CacheError if none can be written.
   */
  async link(commit: string, name: string, checksum: string): Promise<void> {
    const path = join(this.snapshot(commit), name);
    const blob = this.blob(checksum);
    await this.#place(path, async (temporary) => {
      await Deno.symlink(relative(dirname(path), blob), temporary)
        .catch(() => Deno.link(blob, temporary))
        .catch(() => Deno.copyFile(blob, temporary));
    });
  }

  /**
   * Discards the contents of a file in the folder of a commit, unless they have the checksum that their name
   * says; where the folder holds a copy, nobody knows. Returns whether it did.
   *
   * @throws CacheError if they cannot be read or removed.
   */
  async discardDamaged(commit: string, name: string): Promise<boolean> {
    const path = join(this.snapshot(commit), name);
    try {
      const checksum = await this.#checksumOf(path);
      if (checksum === null || await hasChecksum(path, checksum)) return false;
      await Deno.remove(this.blob(checksum));
      return true;
    } catch (error) {
      throw cacheError(path, error);
    }
  }

  /** The name of the contents that a path leads to, by whatever kind of link; null if it leads to no checksum. */
  async #checksumOf(path: string): Promise<string | null> {
    const { ino, dev } = await Deno.stat(path);
    if (ino === null) return null;
    const contents = await Array.fromAsync(Deno.readDir(join(this.path, "blobs"))).catch(() => []);
    for (const { name } of contents) {
      if (!CHECKSUM.test(name)) continue;
      const blob = await Deno.stat(this.blob(name)).catch(() => null);
      if (blob?.ino === ino && blob.dev === dev) return name;
    }
    return null;
  }

  /** The folder of a revision, if what a model is opened with is there; makes no request. */
  async find(revision: string): Promise<string | null> {
    const commit = await this.commitOf(revision);
    if (commit === null) return null;
    const folder = this.snapshot(commit);
    return await missingFile(folder) === null ? folder : null;
  }

  /** Writes under another name first, so that nobody sees half of it. */
  async #place(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
    const temporary = `${path}.${crypto.randomUUID()}.tmp`;
    try {
      await ensureDir(dirname(path));
      await write(temporary);
      await Deno.rename(temporary, path);
    } catch (error) {
      throw cacheError(path, error);
    } finally {
      // Renaming leaves it where both are names of the same file.
      await Deno.remove(temporary).catch(() => {});
    }
  }
}

/** A file without which the model in a folder cannot be opened; null if all are there. */
export async function missingFile(folder: string): Promise<string | null> {
  const isMissing = async (name: string) => !await exists(join(folder, name)).catch(() => false);
  for (const name of REQUIRED_FILES) if (await isMissing(name)) return name;
  if (!await isMissing(WEIGHTS)) return null;
  if (await isMissing(SHARD_INDEX)) return WEIGHTS;
  const shards = await readShardNames(folder).catch(() => null);
  if (shards === null) return SHARD_INDEX;
  for (const name of shards) if (await isMissing(name)) return name;
  return null;
}

/**
 * The shards that the index in a folder names.
 *
 * @throws HubDataError if it names none.
 */
export async function readShardNames(folder: string): Promise<string[]> {
  const path = join(folder, SHARD_INDEX);
  const { size } = await Deno.stat(path);
  return shardNames(path, size <= INDEX_LIMIT ? await Deno.readTextFile(path) : "");
}

/** The folder of a model that is in the cache, ready to be opened; makes no request. */
export async function findModel(cache: string, name: ModelName): Promise<string | null> {
  return await new ModelCache(cache, name.id).find(name.revision);
}
