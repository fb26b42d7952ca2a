import type { Analysis } from "../analysis/analysis.ts";
import { FREE } from "../analysis/row_times.ts";
import { STEP_KINDS } from "../analysis/step_kinds.ts";
import { PLAIN } from "../runs/paired_runs.ts";
import { table } from "./table.ts";
import { aboutRows, type AboutRun } from "./about_run.ts";
import { milliseconds, type TitledTable } from "./comparison_tables.ts";

/** The experiments for people, the findings first. */
export function analysisText(about: AboutRun, analysis: Analysis): string {
  const head = aboutRows(about).map(([name, value]) => `${name.padEnd(8)} ${value}\n`).join("");
  const findings = [...analysisFindings(analysis), ...analysis.leftOut].map((line) => `${line}\n`);
  const tables = analysisTables(analysis).map(({ title, rows }) => `${title}\n${table(rows)}`);
  return [head, findings.join(""), ...tables].join("\n");
}

/** The tables of the experiments that ran. */
export function analysisTables(analysis: Analysis): TitledTable[] {
  const { rowTimes, accuracy, similarity, byLayer, ablation, steps } = analysis;
  const part = (value: number) => `${(100 * value).toFixed(1)}%`;
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
      title: "4. Accuracy by transfer layer",
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
          `${step.expectedSpeedUp.toFixed(2)}×`,
          `${step.measuredSpeedUp.toFixed(2)}×`,
        ]),
      ],
    },
  ];
  return tables.filter((one) => one !== undefined);
}

/** What each experiment says, a sentence for each. */
export function analysisFindings(analysis: Analysis): string[] {
  const { rowTimes, accuracy, similarity, byLayer, ablation, steps } = analysis;
  const percent = (value: number) => `${(100 * value).toFixed(0)}%`;
  const findings: string[] = [];
  if (rowTimes) {
    const last = rowTimes.times.at(-1)!;
    findings.push(
      `Up to ${rowTimes.freeRows} rows cost at most ${FREE} times one; ${last.rows} rows cost ` +
        `${last.ratio.toFixed(1)} times one.`,
    );
  }
  if (accuracy) {
    const first = accuracy.filter(({ offset, k }) => offset === 1 && k === 1);
    const each = first.map((one) => `${one.method} ${percent(one.accuracy)}`);
    findings.push(`The best candidate at offset 1 is right this often: ${each.join(", ")}.`);
  }
  if (similarity) {
    const steps = similarity.filter(({ step }) => step === 1);
    const [born, last] = [steps[0], steps.at(-1)!];
    findings.push(
      `The first step's pseudo state has a cosine of ${
        born.pseudo.toFixed(2)
      } with the real one at ` +
        `its birth and ${last.pseudo.toFixed(2)} at the end (its origin: ${
          born.origin.toFixed(2)
        } ` +
        `and ${last.origin.toFixed(2)}).`,
    );
  }
  if (byLayer) {
    const closed = byLayer.filter(({ step, maps }) => step === 1 && maps === "regression");
    const best = closed.reduce((a, b) => b.top1 > a.top1 ? b : a);
    findings.push(
      `With maps in closed form the first step is best born at layer ${best.layer} ` +
        `(${percent(best.top1)} right).`,
    );
  }
  if (ablation) {
    const [seeing, alone] = (["earlier", "itself"] as const)
      .map((sees) => ablation.find((one) => one.step === 2 && one.sees === sees));
    if (seeing && alone) {
      findings.push(
        `The second step is right in ${percent(seeing.top1)} when it sees the first, in ` +
          `${percent(alone.top1)} when it does not.`,
      );
    }
  }
  const drafting = steps?.filter(({ method }) => method !== PLAIN) ?? [];
  if (drafting.length > 0) {
    const best = drafting.reduce((a, b) => b.measuredSpeedUp > a.measuredSpeedUp ? b : a);
    findings.push(
      `The parts of a step let expect ${best.method} to be ${
        best.expectedSpeedUp.toFixed(2)
      } times ` +
        `as fast as plain decoding; measured are ${best.measuredSpeedUp.toFixed(2)} times.`,
    );
  }
  return findings;
}
