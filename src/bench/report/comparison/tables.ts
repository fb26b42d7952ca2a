import type { Comparison, MethodReport } from "../../compare/comparison.ts";
import { ALL, type Figures } from "../../runs/figures.ts";
import type { Estimate } from "../../runs/interval.ts";
import { differenceText } from "../../runs/paired_runs.ts";
import { grouped, mebibytes, milliseconds, percent } from "../numbers.ts";
import type { TitledTable } from "../table.ts";

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

/** A category's name as a title: `Multi turn`. */
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
    acceptance.length === 0 ? "–" : acceptance.map((part) => percent(part)).join(" "),
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
      seconds ? milliseconds(seconds.verifying) : "–",
      seconds ? milliseconds(seconds.drafting) : "–",
      mebibytes(memoryBytes, 1),
      parameters === 0 ? "none" : grouped(parameters),
    ]),
  ];
}

/** `1.42 (1.38–1.47)`: the median and its interval. */
function estimateText({ median, low, high }: Estimate, digits: number): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
}

/** A line for each method whose ids differ from those of plain decoding. */
export function disqualifications({ methods }: Comparison): string[] {
  return methods.flatMap(({ name, difference }) =>
    difference ? [`${name} is disqualified: ${differenceText(difference, "plain decoding")}`] : []
  );
}
