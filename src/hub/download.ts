/** One file from the hub into the cache. */

import { ensureDir, exists } from "@std/fs";
import { dirname, join } from "@std/path";
import type { ModelCache } from "./cache.ts";
import type { HubClient, RemoteFile } from "./client.ts";
import { cacheError, HubDataError } from "./errors.ts";
import { takeLock } from "./lock.ts";
import type { ModelName } from "./model_name.ts";
import { PartialFile } from "./partial_file.ts";
import { Passing } from "./patience.ts";

/** What is told while a file arrives. */
export interface DownloadNews {
  /** Bytes of the file that are there, and how many of them came over the network in this run. */
  onBytes(present: number, received: number): void;
  /** Another process is at the same file. */
  onWait(): void;
}

/**
 * Makes the contents of a file be there in the cache: whole and with the right checksum, or not at
 * all. What an earlier run has left is gone on with.
 *
 * @throws HubError if the hub does not give it, HubDataError if it gives something else.
 * @throws CacheError if it cannot be written.
 */
export async function download(
  client: HubClient,
  cache: ModelCache,
  model: ModelName,
  file: RemoteFile,
  { onBytes, onWait }: DownloadNews,
): Promise<void> {
  const blob = cache.blob(file.checksum);
  if (!await exists(blob)) {
    using _lock = await takeLock(join(cache.locks, `${file.checksum}.lock`), onWait);
    // Another process may have brought it in the meantime.
    if (!await exists(blob)) await fetchTo(blob, client, model, file, onBytes);
  }
  onBytes(file.size, 0);
}

async function fetchTo(
  blob: string,
  client: HubClient,
  model: ModelName,
  file: RemoteFile,
  onBytes: DownloadNews["onBytes"],
): Promise<void> {
  const path = `${blob}.incomplete`;
  await ensureDir(dirname(blob)).catch((error) => {
    throw cacheError(dirname(blob), error);
  });
  let found: string;
  {
    using partial = await PartialFile.open(path, file.checksum, file.size);
    onBytes(partial.length, 0);
    await client.persevere(
      () => fetchRest(partial, client, model, file, onBytes),
      () => partial.length,
    );
    found = partial.length === file.size ? await partial.finish() : "more bytes than announced";
  }
  if (found === file.checksum) {
    await Deno.rename(path, blob).catch((error) => {
      throw cacheError(blob, error);
    });
    return;
  }
  await Deno.remove(path);
  throw new HubDataError(
    `${file.name} of ${model.id} did not arrive as the hub has it (found ${found}, expected ` +
      `the checksum ${file.checksum}); it was deleted: run the same command again`,
  );
}

/** Gets what is missing; a whole file takes no request. */
async function fetchRest(
  partial: PartialFile,
  client: HubClient,
  model: ModelName,
  file: RemoteFile,
  onBytes: DownloadNews["onBytes"],
): Promise<void> {
  if (partial.length >= file.size) return;
  const { offset, pieces } = await client.open(model, file.name, partial.length);
  if (offset !== partial.length) await partial.clear();
  for await (const piece of pieces) {
    await partial.write(piece);
    onBytes(Math.min(partial.length, file.size), piece.length);
    if (partial.length > file.size) return;
  }
  if (partial.length < file.size) throw new Passing("the connection ended early");
}
