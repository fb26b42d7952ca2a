/** What is in the cache. */

import { join } from "@std/path";
import { missingFile, ModelCache } from "./cache.ts";
import { cacheError } from "./errors.ts";
import { DEFAULT_REVISION, parseModelName } from "./model_name.ts";

/** One state of a model in the cache. */
export interface CachedModel {
  /** What it is called by: `ORG/NAME`, with `@REVISION` unless that is the main one. */
  readonly name: string;
  /** Its folder. */
  readonly folder: string;
  /** Bytes of its files. */
  readonly size: number;
  /** A file without which it cannot be opened; null if all are there. */
  readonly missing: string | null;
}

/** All models in a cache, in the order of their names. */
export async function cachedModels(cache: string): Promise<CachedModel[]> {
  const models: CachedModel[] = [];
  for (const folder of await entriesOf(cache)) {
    const id = folder.match(/^models--(.+)--(.+)$/)?.slice(1).join("/");
    if (id !== undefined && parseModelName(id)) models.push(...await snapshotsOf(cache, id));
  }
  return models.sort((a, b) => a.name < b.name ? -1 : 1);
}

/** Bytes that a model takes with all its revisions; null if there is none. */
export async function modelSize(cache: string, id: string): Promise<number | null> {
  return await sizeOf(new ModelCache(cache, id).path);
}

/**
 * Removes a model with all its revisions.
 *
 * @throws CacheError if it cannot be removed.
 */
export async function removeModel(cache: string, id: string): Promise<void> {
  const { path, locks } = new ModelCache(cache, id);
  try {
    await Deno.remove(path, { recursive: true });
    await Deno.remove(locks, { recursive: true }).catch(() => {});
  } catch (error) {
    throw cacheError(path, error);
  }
}

async function snapshotsOf(cache: string, id: string): Promise<CachedModel[]> {
  const model = new ModelCache(cache, id);
  const revisions = await revisionsByCommit(model);
  const commits = await entriesOf(join(model.path, "snapshots"));
  return await Promise.all(commits.map(async (commit) => {
    const folder = model.snapshot(commit);
    const revision = revisions.get(commit) ?? commit;
    const name = revision === DEFAULT_REVISION ? id : `${id}@${revision}`;
    const sizes = (await entriesOf(folder)).map(async (file) =>
      (await Deno.stat(join(folder, file)).catch(() => null))?.size ?? 0
    );
    const size = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    return { name, folder, size, missing: await missingFile(folder) };
  }));
}

/** What each commit is called by; the main revision wins. */
async function revisionsByCommit(model: ModelCache): Promise<Map<string, string>> {
  const revisions = new Map<string, string>();
  const refs = join(model.path, "refs");
  const names = await filesBelow(refs);
  for (const name of [...names.filter((name) => name !== DEFAULT_REVISION), DEFAULT_REVISION]) {
    const commit = await model.commitOf(name);
    if (commit !== null) revisions.set(commit, name);
  }
  return revisions;
}

/** Names of the files in a folder and those below it, such as `main` and `refs/pr/7`. */
async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const name of await entriesOf(folder)) {
    const path = join(folder, name);
    const info = await Deno.stat(path).catch(() => null); // A link may lead nowhere.
    if (info === null) continue;
    if (!info.isDirectory) files.push(name);
    else files.push(...(await filesBelow(path)).map((inner) => `${name}/${inner}`));
  }
  return files;
}

/** Bytes of a folder's own files, links not followed; null if there is none. */
async function sizeOf(folder: string): Promise<number | null> {
  const info = await Deno.lstat(folder).catch(() => null);
  if (info === null) return null;
  if (!info.isDirectory) return info.isFile ? info.size : 0;
  let size = 0;
  for (const name of await entriesOf(folder)) size += await sizeOf(join(folder, name)) ?? 0;
  return size;
}

/** Names in a folder; none if there is no such folder. */
async function entriesOf(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
  return entries.map(({ name }) => name);
}
