import { PLAIN } from "../../../draft/registry.ts";
import { count, list } from "../../../engine/text/count.ts";
import type { Comparison, MethodReport } from "../../compare/comparison.ts";
import { ALL } from "../../runs/figures.ts";
import type { AboutRun } from "../about_run.ts";
import { categoryTitle } from "./tables.ts";

/** One paragraph that says who won, by how much, where not, and whether the ids were equal. */
export function comparisonSummary({ device }: AboutRun, comparison: Comparison): string {
  const { methods, categories } = comparison;
  const others = methods.filter(({ name, difference }) => name !== PLAIN.name && !difference);
  const disqualified = methods.filter(({ difference }) => difference).map(({ name }) => name);
  const early = stoppedText(comparison);
  const equality = disqualified.length === 0
    ? `Every method gave the ids of plain decoding on every prompt${
      early.length > 0 ? " that was compared" : ""
    }.`
    : `${list(disqualified)} gave other ids than plain decoding and ${
      disqualified.length === 1 ? "is" : "are"
    } out of the comparison.`;
  if (others.length === 0) return [...early, equality].join(" ");
  const best = fastestIn(others, ALL);
  const { speedUp, tokensPerForward } = best.figures[ALL];
  const isFaster = speedUp.low > 1;
  const verdict = isFaster
    ? `${best.name} is the fastest on ${device}: ${speedUp.median.toFixed(2)} times the speed of ` +
      `plain decoding (95% interval ${speedUp.low.toFixed(2)} to ${
        speedUp.high.toFixed(2)
      }), with ` +
      `${tokensPerForward.toFixed(2)} tokens per forward pass.`
    : `On ${device} no method is faster than plain decoding beyond doubt; ${best.name} comes first ` +
      `with ${speedUp.median.toFixed(2)} times its speed (95% interval ${
        speedUp.low.toFixed(2)
      } to ` +
      `${speedUp.high.toFixed(2)}).`;
  const elsewhere = exceptions(best, others, categories);
  return [...early, verdict, ...elsewhere, equality].join(" ");
}

/** What is missing where the comparison was stopped. */
function stoppedText({ stoppedAfter, methods }: Comparison): string[] {
  if (!stoppedAfter) return [];
  const { prompts, of } = stoppedAfter;
  const without = methods.filter(({ seconds }) => !seconds).length;
  const steps = without > 0 ? `, and the steps of ${count(without, "method")} not timed` : "";
  return [`Stopped early: ${prompts} of ${count(of, "prompt")} were compared${steps}.`];
}

/** What the texts were timed by. */
export function clockText({ clock }: Comparison): string {
  return clock === "wall"
    ? "Reading the prompt is left out of the time."
    : "Time is what the processors spent on the program, the driver included, not what passed: other " +
      "work on the machine changes that less. Reading the prompt is left out.";
}

/** What trees the methods had, and what their choice has to do with the prompts that were timed. */
export function treeChoiceText({ treesChosenOn }: Comparison): string {
  if (!treesChosenOn) return "Every method was given a tree of the same number of nodes.";
  const { prompts, others, of } = treesChosenOn;
  const where = prompts === of ? "these same prompts" : `${prompts} of these ${of} prompts`;
  const shapes = others > 0
    ? `on ${others} others`
    : "on the same prompts, for want of others, which flatters them";
  return `Each method has the tree that was its fastest on ${where}, beside plain decoding, before ` +
    "all of them were timed for the comparison. Fixed shapes were made of the drafts that were right " +
    `most often ${shapes}.`;
}

/** Categories in which another method is faster than the one that is fastest over all. */
function exceptions(
  best: MethodReport,
  others: readonly MethodReport[],
  categories: readonly string[],
): string[] {
  if (categories.length < 2) return [];
  const lost = categories.map((category) => ({ category, winner: fastestIn(others, category) }))
    .filter(({ winner }) => winner !== best)
    .map(({ category, winner }) => {
      const [theirs, own] = [winner, best].map((method) => method.figures[category].speedUp.median);
      return `${winner.name} in ${categoryTitle(category).toLowerCase()} (${theirs.toFixed(2)} ` +
        `against ${own.toFixed(2)})`;
    });
  return lost.length === 0 ? ["It wins in every category."] : [`Faster than it: ${list(lost)}.`];
}

function fastestIn(methods: readonly MethodReport[], category: string): MethodReport {
  const speed = ({ figures }: MethodReport) => figures[category].speedUp.median;
  return methods.reduce((best, method) => speed(method) > speed(best) ? method : best);
}
