/**
 * Query and key heads in the kernels' order of dimensions: octet j of a head holds four dimensions and
 * the four that they are rotated with, half of the rotated dimensions away. Dimensions
 * that are not rotated follow in pairs of the same kind. The model's order is ascending.
 */

/** The model's dimension at a place of a head in kernel order. */
function dimensionAt(place: number, headDim: number, rotated: number): number {
  const pairs: [number, number][] = [];
  for (let i = 0; i < rotated / 2; i++) pairs.push([i, i + rotated / 2]);
  const others = (headDim - rotated) / 2;
  for (let i = 0; i < others; i++) pairs.push([rotated + i, rotated + others + i]);
  const inOctet = place % 8;
  return pairs[4 * Math.floor(place / 8) + inOctet % 4][inOctet < 4 ? 0 : 1];
}

/** Heads [heads, headDim] from the kernels' order to the model's. */
export function toModelOrder(
  heads: Float64Array,
  headDim: number,
  rotated: number = headDim,
): Float64Array {
  const result = new Float64Array(heads.length);
  heads.forEach((value, i) => {
    const place = i % headDim;
    result[i - place + dimensionAt(place, headDim, rotated)] = value;
  });
  return result;
}

/** Heads [heads, headDim] from the model's order to the kernels'. */
export function toKernelOrder(
  heads: Float64Array,
  headDim: number,
  rotated: number = headDim,
): Float64Array {
  return heads.map((_, i) => {
    const place = i % headDim;
    return heads[i - place + dimensionAt(place, headDim, rotated)];
  });
}
