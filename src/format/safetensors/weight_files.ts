/** The files that hold a model's weights: one, or shards and the index that says what they hold. */

import { join } from "@std/path";
import { malformed, NoInputError, quote } from "../errors.ts";
import { requireModelFolder, statIfThere } from "../files.ts";
import { OpenFile, WEIGHTS } from "./open_file.ts";
import type { StoredTensor } from "./safetensors_header.ts";
import { readShardIndex } from "./safetensors_index.ts";

/** A tensor and the file that holds it. */
export interface LocatedTensor {
  readonly tensor: StoredTensor;
  readonly file: OpenFile;
}

/** Open files and the tensors in them. */
export interface WeightFiles {
  /** What was opened: the file, or the index of shards. */
  readonly source: string;
  readonly files: readonly OpenFile[];
  readonly tensors: readonly LocatedTensor[];
}

/**
 * Opens `model.safetensors` of a model folder or, where there is none, the shards that
 * `model.safetensors.index.json` names.
 *
 * @throws {NoInputError} when the folder or a file is missing or not readable.
 * @throws {DataError} when a header or the index is malformed, or they contradict each other.
 */
export async function openFolder(folder: string): Promise<WeightFiles> {
  await requireModelFolder(folder);
  const single = join(folder, "model.safetensors");
  if (await statIfThere(single, WEIGHTS) !== null) {
    const file = await OpenFile.open(single);
    return { source: single, files: [file], tensors: tensorsOf(file) };
  }
  const index = join(folder, "model.safetensors.index.json");
  const shardOf = await readShardIndex(index);
  if (shardOf === null) throw await noWeights(folder);
  return await openShards(folder, index, shardOf);
}

/** All tensors of a file. */
export function tensorsOf(file: OpenFile): LocatedTensor[] {
  return [...file.header.tensors.values()].map((tensor) => ({ tensor, file }));
}

/** Opens the shards that an index names. */
async function openShards(
  folder: string,
  index: string,
  shardOf: ReadonlyMap<string, string>,
): Promise<WeightFiles> {
  const files = new Map<string, OpenFile>();
  try {
    for (const shard of new Set(shardOf.values())) {
      files.set(shard, await OpenFile.open(join(folder, shard)));
    }
    requireOneShardPerTensor(files.values());
    const tensors = [...shardOf].map(([name, shard]) => locate(name, files.get(shard)!, index));
    return { source: index, files: [...files.values()], tensors };
  } catch (error) {
    for (const file of files.values()) file.close();
    throw error;
  }
}

/** What stands in a folder in place of weights that can be read, if anything. */
async function noWeights(folder: string): Promise<NoInputError> {
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  const shard = names.find((name) => /-\d+-of-\d+\.safetensors$/.test(name));
  const other = names.find((name) => /\.(bin|gguf|pth?|ckpt|h5|msgpack|onnx)$/.test(name));
  const hint = shard !== undefined
    ? `; there is ${shard}, but not model.safetensors.index.json, which says what the shards hold: get it too`
    : other !== undefined
    ? `; there is ${other}, which is not read: get the model with safetensors, or convert it`
    : "";
  return new NoInputError(
    `${join(folder, "model.safetensors")}: no such file; expected ${WEIGHTS}${hint}`,
  );
}

/** The tensor in the shard that the index names, or a DataError. */
function locate(name: string, file: OpenFile, indexPath: string): LocatedTensor {
  const tensor = file.header.tensors.get(name);
  if (tensor !== undefined) return { tensor, file };
  throw malformed({
    file: indexPath,
    where: `tensor ${quote(name)}`,
    found: `no such tensor in ${file.path}`,
    expected: "the shard that holds it",
    next: "get the index and the shards again",
  });
}

function requireOneShardPerTensor(files: Iterable<OpenFile>): void {
  const holders = new Map<string, OpenFile>();
  for (const file of files) {
    for (const name of file.header.tensors.keys()) {
      const other = holders.get(name);
      if (other !== undefined) {
        throw malformed({
          file: file.path,
          where: `tensor ${quote(name)}`,
          found: `it in ${other.path} too`,
          expected: "every tensor in one shard only",
          next: "get the shards again",
        });
      }
      holders.set(name, file);
    }
  }
}
