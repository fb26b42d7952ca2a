/** `model.safetensors.index.json`: which shard holds which tensor. */

import { malformed, quote } from "../errors.ts";
import { readTextIfThere } from "../files.ts";
import { CONFIG_FILE_LIMIT, isJsonObject, parseModelJson, requireObject } from "../json.ts";
import { requireUniqueKeys } from "../unique_keys.ts";

/** Most shards of one model; every one is kept open. */
const SHARD_LIMIT = 512;

/** A name in the same folder: no separators, no drive, no way up, not hidden. */
const SHARD_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}\.safetensors$/;

/**
 * The shard's file name of every tensor, or null when there is no index.
 *
 * @throws {DataError} when the index is malformed or names a file that is not in its own folder.
 */
export async function readShardIndex(path: string): Promise<Map<string, string> | null> {
  const text = await readTextIfThere(path, "the index of the model's shards", CONFIG_FILE_LIMIT);
  if (text === null) return null;
  const index = requireObject(parseModelJson(text, path), path);
  requireUniqueKeys(text, { file: path });
  const weightMap = Object.hasOwn(index, "weight_map") ? index.weight_map : undefined;
  const where = 'key "weight_map"';
  if (!isJsonObject(weightMap)) {
    const expected = "an object from tensor names to file names";
    throw malformed({ file: path, where, found: quote(weightMap), expected });
  }
  const shardOf = new Map<string, string>();
  for (const [name, shard] of Object.entries(weightMap)) {
    if (typeof shard !== "string" || !SHARD_NAME.test(shard)) {
      throw malformed({
        file: path,
        where: `${where}, tensor ${quote(name)}`,
        found: quote(shard),
        expected: "the plain name of a .safetensors file in the same folder",
      });
    }
    shardOf.set(name, shard);
  }
  const shardCount = new Set(shardOf.values()).size;
  if (shardCount < 1 || shardCount > SHARD_LIMIT) {
    const expected = `1 to ${SHARD_LIMIT} shards`;
    throw malformed({ file: path, where, found: `${shardCount} shards`, expected });
  }
  return shardOf;
}
