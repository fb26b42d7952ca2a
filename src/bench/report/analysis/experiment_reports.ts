/** How each experiment of an analysis is reported: its table, and its plots with what to see in them. */

import { PLAIN } from "../../../draft/registry.ts";
import { TOP_K } from "../../analysis/accuracy.ts";
import type { Analysis } from "../../analysis/analysis.ts";
import { STEP_KINDS, type StepKinds } from "../../analysis/step_kinds.ts";
import {
  ABLATION_SERIES,
  ablationPlot,
  accuracyPlot,
  layersPlot,
  methodsOf,
  rowTimesPlot,
  similarityPlot,
  SPEED_UP_SERIES,
  speedUpsPlot,
  stepKindsPlot,
  stepNames,
} from "../../plots/analysis_plots.ts";
import { FREE } from "../../timing/row_times.ts";
import { milliseconds, percent, times } from "../numbers.ts";
import type { CaptionedPlot, PageSection } from "../page.ts";
import type { TitledTable } from "../table.ts";

/** The report of an experiment that ran. */
export interface ExperimentReport {
  table(): TitledTable;
  section(): PageSection;
}

/** How what an experiment found is reported. */
interface Reporting<Found> {
  /** Title of its table. */
  title: string;
  /** Names of the columns, then a row for each thing that was found. */
  rows(found: Found): string[][];
  /** Title of its section. */
  question: string;
  plots(found: Found): CaptionedPlot[];
}

type Experiment = Exclude<keyof Analysis, "leftOut" | "stopped">;

function reporting<Key extends Experiment>(
  key: Key,
  { title, rows, question, plots }: Reporting<NonNullable<Analysis[Key]>>,
): (analysis: Analysis) => ExperimentReport | null {
  return ({ [key]: found }) =>
    found === undefined ? null : {
      table: () => ({ title, rows: rows(found) }),
      section: () => ({ title: question, plots: plots(found) }),
    };
}

const part = (value: number) => percent(value, 1);

const ROW_TIMES = reporting("rowTimes", {
  title: "1. Time of a forward pass",
  rows: ({ times }) => [
    ["rows", "time", "times one row"],
    ...times.map((
      { rows, seconds, ratio },
    ) => [`${rows}`, milliseconds(seconds), ratio.toFixed(2)]),
  ],
  question: "1. What rows cost",
  plots: (rowTimes) => [{
    plot: rowTimesPlot(rowTimes),
    series: [],
    caption:
      `A pass over more rows reads the same weights. Below the dashed line a pass costs at ` +
      `most ${FREE} times one row; left of the other the rows of a tree are as good as free.`,
  }],
});

const ACCURACY = reporting("accuracy", {
  title: "2. Accuracy of drafts",
  rows: (found) => [
    ["method", "offset", "candidates", "right"],
    ...found.map((
      { method, offset, k, accuracy },
    ) => [method, `${offset}`, `${k}`, part(accuracy)]),
  ],
  question: "2. How often drafts are right",
  plots: (found) =>
    TOP_K.map((k) => ({
      plot: accuracyPlot(found, k),
      series: methodsOf(found),
      caption: k === 1
        ? "The best candidate at every position of the model's own text, by its distance from the " +
          "token that is known anyway. Nothing is assumed about the drafts before it."
        : `The same with the best ${k} candidates, as a tree could hold them.`,
    })),
});

const SIMILARITY = reporting("similarity", {
  title: "3. Cosine with the real states",
  rows: (found) => [
    ["step", "entering layer", "pseudo state", "its origin"],
    ...found.map(({ step, layer, pseudo, origin }) => [
      `${step}`,
      `${layer}`,
      pseudo.toFixed(3),
      origin.toFixed(3),
    ]),
  ],
  question: "3. How pseudo states are refined",
  plots: (found) => [{
    plot: similarityPlot(found),
    series: stepNames(found),
    caption: "Mean cosine of each pseudo state with the real state at its position, from its " +
      "entry layer upward. Dashed: the state that it was made from, unchanged. What lies above the " +
      "dashed line is what the map and the layers after it have added.",
  }],
});

const BY_LAYER = reporting("byLayer", {
  title: "4. Accuracy by entry layer",
  rows: (found) => [
    ["layer", "step", "maps", "right"],
    ...found.map(({ layer, step, maps, top1 }) => [`${layer}`, `${step}`, maps, part(top1)]),
  ],
  question: "4. Where pseudo states best enter",
  plots: (found) => [{
    plot: layersPlot(found),
    series: stepNames(found),
    caption:
      "All steps enter at one layer. Lines: maps from the state alone by ridge regression in " +
      "closed form, made for this plot on other texts than it is measured on. Stars: the " +
      "model's own trained maps. Low layers leave more layers to refine what enters, and cost more.",
  }],
});

const ABLATION = reporting("ablation", {
  title: "5. With and without the steps before",
  rows: (found) => [
    ["step", "sees", "right", "among the best 5"],
    ...found.map(({ step, sees, top1, top5 }) => [
      `${step}`,
      sees === "earlier" ? "the steps before" : "itself alone",
      part(top1),
      part(top5),
    ]),
  ],
  question: "5. Does a step need the steps before it?",
  plots: (found) => [{
    plot: ablationPlot(found),
    series: ABLATION_SERIES,
    caption:
      "The same maps and texts, once as they draft and once with every pseudo state seeing " +
      "the text and itself alone. The first step has none before it and stays as it is.",
  }],
});

const STEPS = reporting("steps", {
  title: "6. Time of a step",
  rows: (steps) => [
    ["method", "nodes", ...STEP_KINDS, "tokens per pass", "expected", "measured"],
    ...steps.map((step) => [
      step.method,
      `${step.nodes}`,
      ...STEP_KINDS.map((kind) => milliseconds(step.seconds[kind])),
      step.tokensPerForward.toFixed(2),
      times(step.expectedSpeedUp),
      times(step.measuredSpeedUp),
    ]),
  ],
  question: "6. Where the time of a step goes",
  plots: (steps) => {
    const drafting = steps.filter(({ method }) => method !== PLAIN.name);
    return [kindsOfSteps(steps), ...(drafting.length > 0 ? [speedUpsOf(drafting)] : [])];
  },
});

function kindsOfSteps(steps: readonly StepKinds[]): CaptionedPlot {
  return {
    plot: stepKindsPlot(steps),
    series: STEP_KINDS,
    caption: "Each kind of work of a step by itself, in a pass of its own within the decoding. " +
      "Choice, acceptance and the moving of keys and values are not among them.",
  };
}

function speedUpsOf(steps: readonly StepKinds[]): CaptionedPlot {
  return {
    plot: speedUpsPlot(steps),
    series: SPEED_UP_SERIES,
    caption: "From tokens per pass to time gained: what wide passes and drafting take away lies " +
      "between the first and the second; what the rest of the loop does, between the last two.",
  };
}

/** The reports of the experiments that ran, in order. */
export function experimentReports(analysis: Analysis): ExperimentReport[] {
  return [ROW_TIMES, ACCURACY, SIMILARITY, BY_LAYER, ABLATION, STEPS]
    .map((reportOf) => reportOf(analysis)).filter((report) => report !== null);
}
