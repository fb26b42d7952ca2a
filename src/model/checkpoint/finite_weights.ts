import type { Safetensors } from "../../format/safetensors/safetensors.ts";
import { bytesPerElement } from "../../format/safetensors/dtypes.ts";
import { HostTurns } from "../../gpu/queues/turn.ts";
import { readFinite } from "./scale_pairs.ts";

/** Numbers that are looked at together. */
const PIECE = 2 ** 16;

/** Types whose numbers may be no numbers. */
const FLOATS: readonly string[] = ["F32", "F16", "BF16"];

/**
 * Reads all floats of a checkpoint: where a model gives no numbers, its weights may be none.
 *
 * @throws DataError that names the first tensor with a number that is NaN or infinite.
 */
export async function requireFiniteWeights(tensors: Safetensors): Promise<void> {
  const turns = new HostTurns();
  for (const { name, dtype, byteLength } of tensors.tensors.values()) {
    if (!FLOATS.includes(dtype)) continue;
    const all = byteLength / bytesPerElement(dtype);
    for (let first = 0; first < all; first += PIECE) {
      await readFinite(tensors, name, { first, count: Math.min(PIECE, all - first) });
      await turns.whenDue();
    }
  }
}
