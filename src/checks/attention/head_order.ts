/**
 * Query and key heads in the kernels' order of dimensions: octet j of a head holds the dimensions
 * 4j … 4j + 3 and the four that they are rotated with, half a head away. The model's order is ascending.
 */

/** The model's dimension at a place of a head in kernel order. */
function dimensionAt(place: number, headDim: number): number {
  const inOctet = place % 8;
  return 4 * Math.floor(place / 8) + inOctet % 4 + (inOctet < 4 ? 0 : headDim / 2);
}

/** Heads [heads, headDim] from the kernels' order to the model's. */
export function toModelOrder(heads: Float64Array, headDim: number): Float64Array {
  const result = new Float64Array(heads.length);
  heads.forEach((value, i) => {
    const place = i % headDim;
    result[i - place + dimensionAt(place, headDim)] = value;
  });
  return result;
}

/** Heads [heads, headDim] from the model's order to the kernels'. */
export function toKernelOrder(heads: Float64Array, headDim: number): Float64Array {
  return heads.map((_, i) => {
    const place = i % headDim;
    return heads[i - place + dimensionAt(place, headDim)];
  });
}
