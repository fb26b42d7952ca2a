import type { Floats } from "./floats.ts";

/** x · sigmoid(x), also called swish (Ramachandran et al., 2017). */
export function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}

/**
 * The gated activation of the MLP (Shazeer, "GLU Variants Improve Transformer", 2020):
 * silu(gate) · up, element by element. All three are [rows, intermediate].
 */
export function swiglu(gate: Floats, up: Floats): Float64Array {
  const y = new Float64Array(gate.length);
  for (let i = 0; i < gate.length; i++) y[i] = silu(gate[i]) * up[i];
  return y;
}
