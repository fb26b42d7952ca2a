/**
 * Query and key heads in the kernels' order of dimensions: quad j of a head holds the dimensions 2j,
 * 2j + 1 and the two that they are rotated with, half a head away. The model's order is ascending.
 */

/** The model's dimension at a place of a head in kernel order. */
function dimensionAt(place: number, headDim: number): number {
  const inQuad = place % 4;
  return 2 * Math.floor(place / 4) + inQuad % 2 + (inQuad < 2 ? 0 : headDim / 2);
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
