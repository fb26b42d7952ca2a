import type { Floats } from "./numbers/floats.ts";

/** x · sigmoid(x), also called swish (Ramachandran et al., 2017). */
export function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}

/** GELU (Hendrycks and Gimpel, 2016) in its approximation by tanh. */
export function geluTanh(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

/** x, or 0 where it is negative. */
export function relu(x: number): number {
  return Math.max(x, 0);
}

/** relu(x)² (So et al., "Primer", 2021). */
export function reluSquared(x: number): number {
  return Math.max(x, 0) ** 2;
}

/** The error function, by the series whose terms all have one sign: Abramowitz and Stegun (1964), 7.1.6. */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [term, sum] = [x, 0];
  for (let n = 1; sum + term !== sum; n++) {
    sum += term;
    term *= 2 * x * x / (2 * n + 1);
  }
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}

/** GELU (Hendrycks and Gimpel, 2016): x times the part of a normal distribution below x. */
export function gelu(x: number): number {
  return 0.5 * x * (1 + erf(x / Math.SQRT2));
}

/** Activations of gates. */
export const GATED = {
  "silu": silu,
  "gelu-tanh": geluTanh,
  "gated-gelu": gelu,
  "gated-relu": relu,
  "gated-relu-squared": reluSquared,
};

/**
 * (up + 1) · gate · sigmoid(alpha · gate), where gates are at most `limit`, and up values at least −limit and at
 * most `limit`: the activation of gpt-oss (OpenAI, 2025).
 */
export function clampedGated(
  gate: number,
  up: number,
  { limit, alpha }: { limit: number; alpha: number },
): number {
  const clampedGate = Math.min(gate, limit);
  const clampedUp = Math.min(Math.max(up, -limit), limit);
  return (clampedUp + 1) * clampedGate / (1 + Math.exp(-alpha * clampedGate));
}

/** Activations of MLPs without gates. */
export const UNGATED = {
  "relu": relu,
  "relu-squared": reluSquared,
  "ungated-gelu-tanh": geluTanh,
  "ungated-gelu": gelu,
};

/**
 * The gated activation of the MLP (Shazeer, "GLU Variants Improve Transformer", 2020):
 * activation(gate) · up, element by element. All three are [rows, intermediate].
 */
export function gated(
  gate: Floats,
  up: Floats,
  activation: keyof typeof GATED = "silu",
): Float64Array {
  const activate = GATED[activation];
  const y = new Float64Array(gate.length);
  for (let i = 0; i < gate.length; i++) y[i] = activate(gate[i]) * up[i];
  return y;
}
