import type { Analysis } from "../analysis/analysis.ts";
import { STEP_KINDS } from "../analysis/step_kinds.ts";
import { type AboutRun, aboutText } from "./about_run.ts";
import { analysisFindings } from "./analysis_findings.ts";
import { milliseconds, percent, times } from "./numbers.ts";
import { type TitledTable, titledTable } from "./table.ts";

/** The experiments for people, the findings first. */
export function analysisText(about: AboutRun, analysis: Analysis): string {
  const findings = [...analysisFindings(analysis), ...analysis.leftOut].map((line) => `${line}\n`);
  const tables = analysisTables(analysis).map(titledTable);
  return [aboutText(about), findings.join(""), ...tables].join("\n");
}

/** The tables of the experiments that ran. */
export function analysisTables(analysis: Analysis): TitledTable[] {
  const { rowTimes, accuracy, similarity, byLayer, ablation, steps } = analysis;
  const part = (value: number) => percent(value, 1);
  const tables: (TitledTable | undefined)[] = [
    rowTimes && {
      title: "1. Time of a forward pass",
      rows: [
        ["rows", "time", "times one row"],
        ...rowTimes.times.map(({ rows, seconds, ratio }) => [
          String(rows),
          milliseconds(seconds),
          ratio.toFixed(2),
        ]),
      ],
    },
    accuracy && {
      title: "2. Accuracy of drafts",
      rows: [
        ["method", "offset", "candidates", "right"],
        ...accuracy.map((one) => [
          one.method,
          String(one.offset),
          String(one.k),
          part(one.accuracy),
        ]),
      ],
    },
    similarity && {
      title: "3. Cosine with the real states",
      rows: [
        ["step", "entering layer", "pseudo state", "its origin"],
        ...similarity.map(({ step, layer, pseudo, origin }) => [
          String(step),
          String(layer),
          pseudo.toFixed(3),
          origin.toFixed(3),
        ]),
      ],
    },
    byLayer && {
      title: "4. Accuracy by entry layer",
      rows: [
        ["layer", "step", "maps", "right"],
        ...byLayer.map(({ layer, step, maps, top1 }) => [
          String(layer),
          String(step),
          maps,
          part(top1),
        ]),
      ],
    },
    ablation && {
      title: "5. With and without the steps before",
      rows: [
        ["step", "sees", "right", "among the best 5"],
        ...ablation.map(({ step, sees, top1, top5 }) => [
          String(step),
          sees === "earlier" ? "the steps before" : "itself alone",
          part(top1),
          part(top5),
        ]),
      ],
    },
    steps && {
      title: "6. Time of a step",
      rows: [
        ["method", "nodes", ...STEP_KINDS, "tokens per pass", "expected", "measured"],
        ...steps.map((step) => [
          step.method,
          String(step.nodes),
          ...STEP_KINDS.map((kind) => milliseconds(step.seconds[kind])),
          step.tokensPerForward.toFixed(2),
          times(step.expectedSpeedUp),
          times(step.measuredSpeedUp),
        ]),
      ],
    },
  ];
  return tables.filter((one) => one !== undefined);
}
