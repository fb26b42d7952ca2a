import { PLAIN } from "../../../draft/registry.ts";
import { list } from "../../../engine/text/count.ts";
import type { Accuracy } from "../../analysis/accuracy.ts";
import type { Ablation, Analysis, LayerAccuracy } from "../../analysis/analysis.ts";
import { FREE, type RowTimes } from "../../timing/row_times.ts";
import type { Similarity } from "../../analysis/similarity.ts";
import type { StepKinds } from "../../analysis/step_kinds.ts";
import { percent } from "../numbers.ts";

/** What the experiments that ran found, a sentence for each; at first, what is missing of them. */
export function analysisFindings(analysis: Analysis): string[] {
  const { rowTimes, accuracy, similarity, byLayer, ablation, steps, stopped } = analysis;
  const findings = [
    stopped && stoppedText(stopped),
    rowTimes && rowsFinding(rowTimes),
    accuracy && accuracyFinding(accuracy),
    similarity && similarityFinding(similarity),
    byLayer && layersFinding(byLayer),
    ablation && ablationFinding(ablation),
    steps && stepsFinding(steps),
  ];
  return findings.filter((finding) => typeof finding === "string");
}

/** `Stopped early: experiment 2 has not seen all texts, layers or methods; 3 and 4 are missing.` */
function stoppedText({ unfinished, missing }: NonNullable<Analysis["stopped"]>): string {
  const parts = [
    ...unfinished.map((one) => `experiment ${one} has not seen all texts, layers or methods`),
    ...(missing.length > 0 ? [missingText(missing.map(String))] : []),
  ];
  return `Stopped early: ${parts.join("; ")}.`;
}

function missingText(numbers: readonly string[]): string {
  return numbers.length > 1
    ? `experiments ${list(numbers)} are missing`
    : `experiment ${numbers[0]} is missing`;
}

function rowsFinding({ times, freeRows }: RowTimes): string {
  const { rows, ratio } = times.at(-1)!;
  return `Up to ${freeRows} rows cost at most ${FREE} times one; ${rows} rows cost ` +
    `${ratio.toFixed(1)} times one.`;
}

function accuracyFinding(accuracy: readonly Accuracy[]): string {
  const first = accuracy.filter(({ offset, k }) => offset === 1 && k === 1);
  const each = first.map((one) => `${one.method} ${percent(one.accuracy)}`);
  return `The best candidate at offset 1 is right this often: ${each.join(", ")}.`;
}

function similarityFinding(similarity: readonly Similarity[]): string {
  const steps = similarity.filter(({ step }) => step === 1);
  const [first, last] = [steps[0], steps.at(-1)!];
  const cosine = (value: number) => value.toFixed(2);
  const atEntry = `${cosine(first.pseudo)} with the real one at its entry layer`;
  const origins = `${cosine(first.origin)} and ${cosine(last.origin)}`;
  return `The first step's pseudo state has a cosine of ${atEntry} and ${
    cosine(last.pseudo)
  } at the ` +
    `end (its origin: ${origins}).`;
}

function layersFinding(byLayer: readonly LayerAccuracy[]): string {
  const closed = byLayer.filter(({ step, maps }) => step === 1 && maps === "regression");
  const best = closed.reduce((a, b) => b.top1 > a.top1 ? b : a);
  return `With maps in closed form the first step is best with entry layer ${best.layer} ` +
    `(${percent(best.top1)} right).`;
}

/** None where there is no second step. */
function ablationFinding(ablation: readonly Ablation[]): string | undefined {
  const [seeing, alone] = (["earlier", "itself"] as const)
    .map((sees) => ablation.find((one) => one.step === 2 && one.sees === sees));
  if (!seeing || !alone) return undefined;
  return `The second step is right in ${percent(seeing.top1)} when it sees the first, in ` +
    `${percent(alone.top1)} when it does not.`;
}

/** None where plain decoding is the only method. */
function stepsFinding(steps: readonly StepKinds[]): string | undefined {
  const drafting = steps.filter(({ method }) => method !== PLAIN.name);
  if (drafting.length === 0) return undefined;
  const best = drafting.reduce((a, b) => b.measuredSpeedUp > a.measuredSpeedUp ? b : a);
  const ratio = (value: number) => value.toFixed(2);
  return `The parts of a step let expect ${best.method} to be ${
    ratio(best.expectedSpeedUp)
  } times ` +
    `as fast as plain decoding; measured are ${ratio(best.measuredSpeedUp)} times.`;
}
