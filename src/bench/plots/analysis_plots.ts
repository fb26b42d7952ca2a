/** Plots of an analysis. */

import * as Plot from "@observablehq/plot";
import type { Accuracy } from "../analysis/accuracy.ts";
import type { Ablation, LayerAccuracy } from "../analysis/analysis.ts";
import { FREE, type RowTimes } from "../timing/row_times.ts";
import type { Similarity } from "../analysis/similarity.ts";
import { STEP_KINDS, type StepKinds } from "../analysis/step_kinds.ts";
import { AXES, namedRows, type PagePlot, pagePlot, seriesScale, stepBars } from "./page_plot.ts";

const PERCENT = { domain: [0, 1], tickFormat: ".0%", grid: true };

/** Time of a forward pass by its rows. */
export function rowTimesPlot({ times, freeRows }: RowTimes): PagePlot {
  const points = times.map(({ rows, ratio }) => ({ rows, ratio }));
  return pagePlot("Time of a forward pass by its rows, in times of one row", (isNarrow) => ({
    height: 300,
    marginLeft: 48,
    x: {
      type: "log",
      base: 2,
      label: "rows of the pass",
      ticks: isNarrow ? [1, 4, 16, 64] : [1, 2, 4, 8, 16, 32, 64],
      tickFormat: "d",
    },
    y: {
      label: "times one row",
      domain: [0, Math.max(...points.map(({ ratio }) => ratio))],
      grid: true,
    },
    marks: [
      Plot.ruleY([FREE], { strokeDasharray: "4 3" }),
      Plot.ruleX([freeRows], { strokeDasharray: "4 3" }),
      Plot.line(points, { x: "rows", y: "ratio", stroke: "var(--series-1)", strokeWidth: 2 }),
      Plot.dot(points, { x: "rows", y: "ratio", fill: "var(--series-1)", r: 4 }),
    ],
  }));
}

/** Accuracy by offset, the methods as colours, the numbers of candidates below each other. */
export function accuracyPlot(accuracy: readonly Accuracy[], k: number): PagePlot {
  const points = accuracy.filter((one) => one.k === k);
  const offsets = [...new Set(points.map(({ offset }) => offset))];
  return pagePlot(`Accuracy of the best ${k} by offset`, () => ({
    height: 260,
    marginLeft: 48,
    x: { label: "offset of the draft", ticks: offsets, tickFormat: "d" },
    y: { label: k === 1 ? "right" : `among the best ${k}`, ...PERCENT },
    color: seriesScale(methodsOf(accuracy)),
    marks: [
      Plot.line(points, { x: "offset", y: "accuracy", stroke: "method", strokeWidth: 2 }),
      Plot.dot(points, { x: "offset", y: "accuracy", fill: "method", r: 4 }),
    ],
  }));
}

/** The methods of the accuracies, in the order of their colours. */
export function methodsOf(accuracy: readonly Accuracy[]): string[] {
  return [...new Set(accuracy.map(({ method }) => method))];
}

/** `step 1`, `step 2`, … as the series of plots by step. */
export function stepNames(found: readonly { step: number }[]): string[] {
  return [...new Set(found.map(({ step }) => step))].sort((a, b) => a - b).map(stepName);
}

function stepName(step: number): string {
  return `step ${step}`;
}

/** Cosine of pseudo and real states by layer; dashed, that of the origin's own states. */
export function similarityPlot(similarity: readonly Similarity[]): PagePlot {
  const points = similarity.map((one) => ({ ...one, name: stepName(one.step) }));
  const layers = [...new Set(points.map(({ layer }) => layer))];
  return pagePlot("Cosine of pseudo and real hidden states by layer", (isNarrow) => ({
    height: 320,
    marginLeft: 48,
    x: {
      label: "state entering layer",
      ticks: isNarrow ? 4 : layers.slice(0, 33),
      tickFormat: "d",
    },
    y: { label: "cosine", grid: true },
    color: seriesScale(stepNames(similarity)),
    marks: [
      Plot.line(points, { x: "layer", y: "origin", stroke: "name", strokeDasharray: "4 3" }),
      Plot.line(points, { x: "layer", y: "pseudo", stroke: "name", strokeWidth: 2 }),
      Plot.dot(points, { x: "layer", y: "pseudo", fill: "name", r: 4 }),
    ],
  }));
}

/** Accuracy by transfer layer; trained maps as stars. */
export function layersPlot(byLayer: readonly LayerAccuracy[]): PagePlot {
  const points = byLayer.map((one) => ({ ...one, name: stepName(one.step) }));
  const [closed, trained] = (["regression", "trained"] as const)
    .map((kind) => points.filter(({ maps }) => maps === kind));
  const layers = [...new Set(points.map(({ layer }) => layer))];
  return pagePlot(
    "Accuracy of each step by its entry layer",
    (isNarrow) => ({
      height: 320,
      marginLeft: 48,
      x: { label: "entry layer", ticks: isNarrow ? 4 : layers.slice(0, 33), tickFormat: "d" },
      y: {
        label: "right",
        ...PERCENT,
        domain: [0, Math.max(...points.map(({ top1 }) => top1)) * 1.1],
      },
      color: seriesScale(stepNames(byLayer)),
      marks: [
        Plot.line(closed, { x: "layer", y: "top1", stroke: "name", strokeWidth: 2 }),
        Plot.dot(closed, { x: "layer", y: "top1", fill: "name", r: 3 }),
        Plot.dot(trained, { x: "layer", y: "top1", fill: "name", r: 7, symbol: "star" }),
      ],
    }),
  );
}

/** What the steps of the ablation see, in the order of their colours. */
export const ABLATION_SERIES = ["sees the steps before", "sees itself alone"];

/** A step's accuracy with and without attention to the steps before it. */
export function ablationPlot(ablation: readonly Ablation[]): PagePlot {
  const bars = ablation.map(({ step, sees, top1 }) => ({
    step: stepName(step),
    sees: ABLATION_SERIES[sees === "earlier" ? 0 : 1],
    top1,
  }));
  return pagePlot("Accuracy with and without attention to earlier pseudo states", () => ({
    height: AXES + 56 * new Set(bars.map(({ step }) => step)).size,
    marginLeft: 64,
    marginRight: 44,
    x: { label: "right", ...PERCENT, domain: [0, Math.max(...bars.map(({ top1 }) => top1)) * 1.1] },
    y: { axis: null, domain: ABLATION_SERIES },
    fy: { label: null, padding: 0.15 },
    color: seriesScale(ABLATION_SERIES),
    marks: [
      Plot.barX(bars, { fy: "step", y: "sees", x: "top1", fill: "sees", insetTop: 2 }),
      Plot.text(bars, {
        fy: "step",
        y: "sees",
        x: "top1",
        text: ({ top1 }) => `${(100 * top1).toFixed(1)}%`,
        textAnchor: "start",
        dx: 6,
      }),
      Plot.ruleX([0]),
    ],
  }));
}

/** Time of each kind of work in a step, a bar for each method. */
export function stepKindsPlot(steps: readonly StepKinds[]): PagePlot {
  const bars = steps.flatMap(({ method: name, seconds }) =>
    STEP_KINDS.map((part) => ({ name, part, milliseconds: 1000 * seconds[part] }))
  );
  return stepBars("Milliseconds of a step by kind of work", bars, STEP_KINDS);
}

/** The three speed-ups of a method, in the order of their colours. */
export const SPEED_UP_SERIES = [
  "if rows and drafts were free",
  "expected from the parts",
  "measured",
];

/** What speed-up is to be expected, and what is measured. */
export function speedUpsPlot(steps: readonly StepKinds[]): PagePlot {
  const points = steps.flatMap((step) => [
    { method: step.method, kind: SPEED_UP_SERIES[0], speedUp: step.speedUpIfFree },
    { method: step.method, kind: SPEED_UP_SERIES[1], speedUp: step.expectedSpeedUp },
    { method: step.method, kind: SPEED_UP_SERIES[2], speedUp: step.measuredSpeedUp },
  ]);
  return pagePlot("Expected and measured speed-ups", () => ({
    ...namedRows(steps.map(({ method }) => method)),
    x: { label: "times plain decoding", grid: true, nice: true },
    color: seriesScale(SPEED_UP_SERIES),
    marks: [
      Plot.ruleX([1], { strokeDasharray: "4 3" }),
      Plot.dot(points, { x: "speedUp", y: "method", fill: "kind", r: 6 }),
    ],
  }));
}
