import type { Comparison, MethodReport } from "../compare/comparison.ts";
import { ALL, type Figures } from "../runs/figures.ts";
import type { Estimate } from "../runs/interval.ts";
import { differenceText } from "../runs/paired_runs.ts";

/** A table with its title; the first row names the columns. */
export interface TitledTable {
  title: string;
  rows: string[][];
}

/** The comparison for people: over all prompts, by category, and what each method costs. */
export function comparisonTables(comparison: Comparison): TitledTable[] {
  const { categories, methods } = comparison;
  const several = categories.length > 1 ? categories : [];
  return [
    { title: "All prompts", rows: figuresRows(methods, ALL) },
    ...several.map((category) => ({
      title: categoryTitle(category),
      rows: figuresRows(methods, category),
    })),
    { title: "What a step costs", rows: costRows(methods) },
  ];
}

/** A category's name as a title. */
export function categoryTitle(category: string): string {
  return category.slice(0, 1).toUpperCase() + category.slice(1).replaceAll("_", " ");
}

function figuresRows(methods: readonly MethodReport[], category: string): string[][] {
  const head = ["method", "tokens per pass", "kept at offset 1, 2, …", "tokens/s", "times plain"];
  return [
    head,
    ...methods.map(({ name, difference, figures }) => [
      name,
      ...(difference ? ["disqualified", "", "", ""] : figuresCells(figures[category])),
    ]),
  ];
}

function figuresCells({ tokensPerForward, acceptance, tokensPerSecond, speedUp }: Figures) {
  return [
    tokensPerForward.toFixed(2),
    acceptance.length === 0 ? "–" : acceptance.map(percent).join(" "),
    estimateText(tokensPerSecond, 0),
    estimateText(speedUp, 2),
  ];
}

function costRows(methods: readonly MethodReport[]): string[][] {
  const head = ["method", "tree", "verifying", "drafting", "GPU memory", "parameters trained"];
  return [
    head,
    ...methods.map(({ name, tree, seconds, memoryBytes, parameters }) => [
      name,
      tree,
      milliseconds(seconds.verifying),
      milliseconds(seconds.drafting),
      `${(memoryBytes / 2 ** 20).toFixed(1)} MiB`,
      parameters === 0 ? "none" : grouped(parameters),
    ]),
  ];
}

/** `1.42 (1.38–1.47)`: the median and its interval. */
export function estimateText({ median, low, high }: Estimate, digits: number): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
}

/** `43%` */
export function percent(part: number): string {
  return `${(100 * part).toFixed(0)}%`;
}

/** `1.23 ms` */
export function milliseconds(seconds: number): string {
  return `${(1000 * seconds).toFixed(2)} ms`;
}

/** `1,048,576` */
export function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

/** What is said of a method whose ids differ. */
export function disqualifications({ methods }: Comparison): string[] {
  return methods.flatMap(({ name, difference }) =>
    difference ? [`${name} is disqualified: ${differenceText(difference, "plain decoding")}`] : []
  );
}
