/** Weights in another order along the sum than that in which a file has them. */

import { packNibbles, unpackBits } from "./codes.ts";
import type { MatrixPlace } from "./quantization.ts";

/**
 * The group of each weight by the tensor `name` I32 [inner]; undefined if there is no such tensor, or if
 * it says nothing: −1.
 */
function groupsOf({ tensors, inner }: MatrixPlace, name: string): Int32Array | undefined {
  if (!tensors.has(name)) return undefined;
  const { byteLength } = tensors.typed(name, ["I32"], [inner]);
  const groups = new Int32Array(tensors.readNow(name, 0, byteLength).buffer);
  return groups.every((group) => group === -1) ? undefined : groups;
}

/** Weights of the first group by such a tensor, as all groups have but the last; null if there are none. */
export function firstGroup(place: MatrixPlace, name: string): number | null {
  return groupsOf(place, name)?.filter((group) => group === 0).length || null;
}

/**
 * The order in which weights of a group stand together, by such a tensor; undefined if they already do,
 * or if it says nothing.
 * @throws DataError if groups are of unequal size, or there is none of that number.
 */
export function placesOfGroups(
  place: MatrixPlace,
  name: string,
  groupSize: number,
): Uint32Array<ArrayBuffer> | undefined {
  const groups = groupsOf(place, name);
  if (groups === undefined) return undefined;
  const { tensors, inner } = place;
  const inOrder = Uint32Array.from({ length: inner }, (_, place) => place);
  const places = inOrder.toSorted((a, b) => groups[a] - groups[b] || a - b);
  const wrong = places.find((place, i) => groups[place] !== Math.floor(i / groupSize));
  if (wrong !== undefined) {
    const found = `group ${groups[wrong]} for weight ${wrong}`;
    throw tensors.fault(name, found, `groups of ${groupSize} weights, counted from 0`);
  }
  return places.every((place, i) => place === i) ? undefined : places;
}

/** Rows of codes of 4 or 8 bits in another order: place i has what stood at places[i]. */
export function reorder(
  rows: Uint8Array<ArrayBuffer>,
  places: Uint32Array,
  bits: number,
): Uint8Array<ArrayBuffer> {
  const codes = unpackBits(rows, bits);
  const ordered = new Uint8Array(codes.length);
  const inner = places.length;
  for (let row = 0; row < codes.length; row += inner) {
    for (let i = 0; i < inner; i++) ordered[row + i] = codes[row + places[i]];
  }
  return bits === 4 ? packNibbles(ordered) : ordered;
}
