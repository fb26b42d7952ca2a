/** Plots of a comparison. */

import * as Plot from "@observablehq/plot";
import { PLAIN } from "../../draft/registry.ts";
import type { Comparison, MethodReport } from "../compare/comparison.ts";
import { ALL } from "../runs/figures.ts";
import { AXES, namedRows, type PagePlot, pagePlot, seriesScale, stepBars } from "./page_plot.ts";

/** Methods that have figures. */
function ranked({ methods }: Comparison): MethodReport[] {
  return methods.filter(({ difference }) => difference === null);
}

/** Names of the methods beside plain decoding that have figures, in the order of their colours. */
export function draftingNames(comparison: Comparison): string[] {
  return ranked(comparison).map(({ name }) => name).filter((name) => name !== PLAIN.name);
}

/** Times plain decoding with their intervals, a row for each method. */
export function speedPlot(comparison: Comparison): PagePlot {
  const names = draftingNames(comparison);
  const points = ranked(comparison).filter(({ name }) => name !== PLAIN.name)
    .map(({ name, figures }) => ({ name, ...figures[ALL].speedUp }))
    .sort((a, b) => b.median - a.median);
  return pagePlot("Speed of each method in times of plain decoding", () => ({
    ...namedRows(points.map(({ name }) => name)),
    marginRight: 44,
    x: { label: "times plain decoding", grid: true, nice: true },
    color: seriesScale(names),
    marks: [
      Plot.ruleX([1], { strokeDasharray: "4 3" }),
      Plot.ruleY(points, { y: "name", x1: "low", x2: "high", stroke: "name", strokeWidth: 3 }),
      Plot.dot(points, { x: "median", y: "name", fill: "name", r: 5 }),
      Plot.text(points, {
        x: "high",
        y: "name",
        text: ({ median }) => `${median.toFixed(2)}×`,
        textAnchor: "start",
        dx: 7,
      }),
    ],
  }));
}

/** Times plain decoding, category by category. */
export function categoriesPlot(comparison: Comparison): PagePlot {
  const names = draftingNames(comparison);
  const points = ranked(comparison).filter(({ name }) => name !== PLAIN.name)
    .flatMap(({ name, figures }) =>
      comparison.categories.map((category) => ({ name, category, ...figures[category].speedUp }))
    );
  const rowHeight = 12 * names.length + 14;
  return pagePlot("Speed by category in times of plain decoding", () => ({
    height: AXES + rowHeight * comparison.categories.length,
    marginLeft: 96,
    marginRight: 12,
    x: { label: "times plain decoding", grid: true, nice: true },
    y: { axis: null, domain: names },
    fy: { label: null, axis: "left", domain: comparison.categories, padding: 0.15 },
    color: seriesScale(names),
    marks: [
      Plot.ruleX([1], { strokeDasharray: "4 3" }),
      Plot.ruleY(points, {
        fy: "category",
        y: "name",
        x1: "low",
        x2: "high",
        stroke: "name",
        strokeWidth: 2,
      }),
      Plot.dot(points, { fy: "category", x: "median", y: "name", fill: "name", r: 4 }),
    ],
  }));
}

/** Part of the passes that kept a draft at each offset. */
export function acceptancePlot(comparison: Comparison): PagePlot {
  const names = draftingNames(comparison);
  const points = ranked(comparison).flatMap(({ name, figures }) =>
    figures[ALL].acceptance.map((kept, i) => ({ name, offset: i + 1, kept }))
  );
  const deepest = Math.max(1, ...points.map(({ offset }) => offset));
  return pagePlot("Part of the passes that kept a draft, by offset", () => ({
    height: 280,
    marginLeft: 48,
    x: {
      label: "offset of the draft",
      ticks: Array.from({ length: deepest }, (_, i) => i + 1),
      tickFormat: "d",
    },
    y: { label: "kept", domain: [0, 1], tickFormat: ".0%", grid: true },
    color: seriesScale(names),
    marks: [
      Plot.line(points, { x: "offset", y: "kept", stroke: "name", strokeWidth: 2 }),
      Plot.dot(points, { x: "offset", y: "kept", fill: "name", r: 4 }),
    ],
  }));
}

/** The parts of a step's time, as the series of `stepPlot` have them. */
export const STEP_PARTS = ["verifying", "drafting"];

/** Time of a step by what it is spent on, a bar for each method whose steps were timed. */
export function stepPlot({ methods }: Comparison): PagePlot {
  const bars = methods.flatMap(({ name, seconds }) =>
    Object.entries(seconds ?? {}).map(([part, time]) => ({ name, part, milliseconds: 1000 * time }))
  );
  return stepBars(
    "Milliseconds of a step spent on verifying and on drafting",
    bars,
    STEP_PARTS,
  );
}

/** Tokens that a pass gives against what they gain in time: where rows are free both are one. */
export function gainPlot(comparison: Comparison): PagePlot {
  const names = draftingNames(comparison);
  const points = ranked(comparison).filter(({ name }) => name !== PLAIN.name)
    .map(({ name, figures }) => ({
      name,
      tokens: figures[ALL].tokensPerForward,
      speed: figures[ALL].speedUp.median,
    }));
  const most = Math.max(1.2, ...points.flatMap(({ tokens, speed }) => [tokens, speed])) * 1.08;
  return pagePlot("Speed-up by tokens per pass", () => ({
    height: 300,
    marginLeft: 48,
    x: { label: "tokens per pass", domain: [0.9, most], grid: true },
    y: {
      label: "times plain decoding",
      domain: [Math.min(0.9, ...points.map(({ speed }) => speed)) * 0.95, most],
      grid: true,
    },
    color: seriesScale(names),
    marks: [
      Plot.line([[0.9, 0.9], [most, most]], { strokeDasharray: "4 3", clip: true }),
      Plot.ruleY([1], { strokeOpacity: 0.4 }),
      Plot.dot(points, { x: "tokens", y: "speed", fill: "name", r: 6 }),
    ],
  }));
}
