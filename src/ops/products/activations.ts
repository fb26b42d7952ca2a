/** Activations of MLPs. */

import type { Constants } from "../../gpu/kernel.ts";

/** Of gates: silu(x) = x · sigmoid(x); gelu-tanh is the approximation of GELU by tanh. */
export type Activation = "silu" | "gelu-tanh";

/** Activations without gates: relu(x) and relu(x)², the approximation of GELU by tanh, and GELU itself. */
export type UngatedActivation = "relu" | "relu-squared" | "ungated-gelu-tanh" | "ungated-gelu";

const UNGATED: readonly string[] = [
  "relu-squared",
  "ungated-gelu-tanh",
  "ungated-gelu",
  "relu",
] satisfies UngatedActivation[];

/** Whether an activation has no gates. */
export function isUngated(
  activation: Activation | UngatedActivation,
): activation is UngatedActivation {
  return UNGATED.includes(activation);
}

/** Constants of ungated_activation.wgsl. */
export function ungatedConstants(activation: UngatedActivation): Constants {
  return { ACTIVATION: UNGATED.indexOf(activation) };
}
