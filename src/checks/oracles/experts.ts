import type { Floats } from "./numbers/floats.ts";

/** A row's experts in descending order of their logits, and the weights of what they give. */
export interface RoutedRow {
  experts: number[];
  weights: number[];
}

/**
 * The experts of a row (Shazeer et al., 2017): those of its largest logits, of equal ones the first. Their weights
 * are a softmax of all logits, or of those of the chosen experts.
 */
export function routeRow(
  logits: Floats,
  chosen: number,
  weightsOf: "all" | "chosen",
): RoutedRow {
  const all = Array.from(logits.keys());
  const experts = all.toSorted((a, b) => logits[b] - logits[a] || a - b).slice(0, chosen);
  const greatest = logits[experts[0]];
  const term = (expert: number) => Math.exp(logits[expert] - greatest);
  const sum = (weightsOf === "all" ? all : experts).reduce((sum, i) => sum + term(i), 0);
  return { experts, weights: experts.map((expert) => term(expert) / sum) };
}
