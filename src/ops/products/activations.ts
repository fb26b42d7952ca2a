/** Activations of MLPs. */

import type { Constants } from "../../gpu/kernel.ts";

/**
 * Of gates: silu(x) = x · sigmoid(x), GELU's approximation by tanh and GELU itself, relu(x) and relu(x)².
 */
export type Activation =
  | "silu"
  | "gelu-tanh"
  | "gated-gelu"
  | "gated-relu"
  | "gated-relu-squared";

/**
 * Gates of gpt-oss: (up + 1) · gate · sigmoid(alpha · gate), where gates are at most `limit`, and up values at
 * least −limit and at most `limit`.
 */
export interface ClampedGates {
  /** Above 0. */
  limit: number;
  alpha: number;
}

/** Activations without gates: relu(x) and relu(x)², the approximation of GELU by tanh, and GELU itself. */
export type UngatedActivation = "relu" | "relu-squared" | "ungated-gelu-tanh" | "ungated-gelu";

/** What activation.wgsl computes for each of those without gates. */
const UNGATED: Readonly<Record<UngatedActivation, number>> = {
  "relu-squared": 0,
  "ungated-gelu-tanh": 1,
  "ungated-gelu": 2,
  "relu": 3,
};

/** What it computes of gates. */
const GATED: Readonly<Record<Activation, number>> = {
  "gated-relu-squared": 0,
  "gelu-tanh": 1,
  "gated-gelu": 2,
  "gated-relu": 3,
  "silu": 4,
};

/** Whether an activation has no gates. */
export function isUngated(
  activation: Activation | UngatedActivation,
): activation is UngatedActivation {
  return Object.hasOwn(UNGATED, activation);
}

/** Constants of activation.wgsl. */
export function activationConstants(activation: Activation | UngatedActivation): Constants {
  return { ACTIVATION: isUngated(activation) ? UNGATED[activation] : GATED[activation] };
}
