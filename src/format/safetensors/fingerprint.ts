/** Telling one base model from another, for files that only make sense together with it. */

import { concatenated } from "../bytes.ts";
import { sha256 } from "../digest.ts";
import type { Safetensors } from "./safetensors.ts";

/** Bytes that are looked at in each of the three places of a tensor. */
const SAMPLE_BYTES = 64;

/**
 * A hash of a model's shape and of a sample of its weights, as 64 hexadecimal digits: equal for the
 * same model in any place and in any number of shards, different after the least training.
 *
 * SHA-256 over the shape as JSON with sorted keys, and for each tensor, by name, its type,
 * its shape and the bytes at its beginning, middle and end.
 *
 * @throws {DataError} when a file has become shorter since it was opened.
 */
export async function fingerprint(shape: object, tensors: Safetensors): Promise<string> {
  const parts: Uint8Array[] = [new TextEncoder().encode(canonicalJson(shape))];
  const names = [...tensors.names].sort();
  for (const name of names) {
    const { dtype, shape, byteLength } = tensors.stored(name);
    parts.push(new TextEncoder().encode(`\n${JSON.stringify(name)} ${dtype} [${shape}] `));
    const length = Math.min(SAMPLE_BYTES, byteLength);
    for (const place of [0, (byteLength - length) / 2, byteLength - length]) {
      parts.push(await tensors.read(name, Math.floor(place), length));
    }
  }
  return await sha256(concatenated(parts));
}

/** JSON with the keys of every object in ascending order. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
