import { routeRow } from "../../src/checks/oracles/experts.ts";
import type { Floats } from "../../src/checks/oracles/numbers/floats.ts";
import { clampedGated, type GATED, gated } from "../../src/checks/oracles/swiglu.ts";
import type { ReferenceConfig, ReferenceExperts } from "./config.ts";

/** x [1, inner] · matrixᵀ, of a tensor [columns, inner] by its name in the layer, and its bias if it has one. */
export type Linear = (
  x: Floats,
  name: string,
  columns: number,
  inner: number,
  bias: boolean,
) => Floats;

/**
 * What the experts of a row x [hidden] give. Their tensors are `mlp.gate` [experts, hidden] and
 * `mlp.experts.0.gate_proj` and so on; of the expert that all rows have `mlp.shared_expert.gate_proj` and
 * `mlp.shared_expert_gate` [1, hidden].
 */
export function mixExperts(
  x: Floats,
  { hiddenSize }: Pick<ReferenceConfig, "hiddenSize">,
  plan: ReferenceExperts,
  activation: keyof typeof GATED,
  linear: Linear,
): Float64Array {
  const { count, chosen, intermediateSize, weightsOf, sharedSize, bias = false } = plan;
  const { clampedGates } = plan;
  const mlp = (name: string, size: number) => {
    const half = (part: string) => linear(x, `mlp.${name}.${part}_proj`, size, hiddenSize, bias);
    const [gate, up] = [half("gate"), half("up")];
    const middle = clampedGates
      ? Float64Array.from(gate, (value, i) => clampedGated(value, up[i], clampedGates))
      : gated(gate, up, activation);
    return linear(middle, `mlp.${name}.down_proj`, hiddenSize, size, bias);
  };
  const sum = new Float64Array(hiddenSize);
  const add = (output: Floats, weight: number) => {
    for (let i = 0; i < hiddenSize; i++) sum[i] += weight * output[i];
  };
  const logits = linear(x, "mlp.gate", count, hiddenSize, bias);
  const { experts, weights } = routeRow(logits, chosen, weightsOf);
  experts.forEach((expert, i) => add(mlp(`experts.${expert}`, intermediateSize), weights[i]));
  if (sharedSize !== null) {
    const [logit] = linear(x, "mlp.shared_expert_gate", 1, hiddenSize, bias);
    add(mlp("shared_expert", sharedSize), 1 / (1 + Math.exp(-logit)));
  }
  return sum;
}
