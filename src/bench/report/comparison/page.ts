import type { Comparison } from "../../compare/comparison.ts";
import {
  acceptancePlot,
  categoriesPlot,
  draftingNames,
  gainPlot,
  speedPlot,
  STEP_PARTS,
  stepPlot,
} from "../../plots/comparison_plots.ts";
import type { AboutRun } from "../about_run.ts";
import { comparisonTables, disqualifications } from "./tables.ts";
import { htmlPage, type PageSection } from "../page.ts";
import { clockText, comparisonSummary, treeChoiceText } from "./summary.ts";

/** The comparison as one page that needs nothing else. */
export function comparisonPage(about: AboutRun, comparison: Comparison): string {
  const tables = comparisonTables(comparison);
  return htmlPage({
    title: `Drafting methods side by side: ${about.model} on ${about.device}`,
    summary: comparisonSummary(about, comparison),
    faults: disqualifications(comparison),
    about,
    sections: [
      ...(draftingNames(comparison).length > 0 ? drawn(comparison) : []),
      {
        title: "All figures",
        text:
          "Medians over the prompts, with the interval that holds the true median in 95 of 100 " +
          "such measurements, by the bootstrap. Tables that are wider than the window can be scrolled.",
        tables,
      },
      {
        title: "How it was measured",
        text:
          "Every prompt is decoded greedily by plain decoding and by each method, one after the " +
          "other, so that whatever slows the machine slows all. End tokens are ignored: all texts have " +
          "the same length. Every text is compared with plain decoding's, token by token; a method " +
          `that differs once is disqualified. ${clockText(comparison)} ` +
          `${treeChoiceText(comparison)} The last table names the trees.`,
      },
    ],
  });
}

function drawn(comparison: Comparison): PageSection[] {
  const names = draftingNames(comparison);
  const sections: PageSection[] = [{
    title: "How much faster than plain decoding",
    plots: [{
      plot: speedPlot(comparison),
      series: [],
      caption:
        "Median over all prompts with its 95% interval. Right of the dashed line is faster " +
        "than plain decoding; where two intervals overlap, the order of the two may be chance.",
    }],
  }];
  if (comparison.categories.length > 1) {
    sections.push({
      title: "Category by category",
      plots: [{
        plot: categoriesPlot(comparison),
        series: names,
        caption:
          "The same by kind of text. A method that copies from the prompt gains most where " +
          "texts repeat themselves; one that predicts, where the model is sure of what comes.",
      }],
    });
  }
  sections.push({
    title: "What a pass yields, and what that gains",
    plots: [{
      plot: gainPlot(comparison),
      series: names,
      caption:
        "On the dashed line drafts cost nothing: each further token per pass is time gained. " +
        "The further below it a point lies, the more its drafting and its wider passes cost.",
    }, {
      plot: acceptancePlot(comparison),
      series: names,
      caption:
        "How many of the passes kept a draft at offset 1, 2, … after the token that every pass " +
        "yields anyway. How fast a line falls says how far ahead a method sees.",
    }],
  });
  if (comparison.methods.every(({ seconds }) => !seconds)) return sections;
  return [...sections, {
    title: "Where the time of a step goes",
    plots: [{
      plot: stepPlot(comparison),
      series: STEP_PARTS,
      caption:
        "Verifying is the forward pass over the tree; drafting is all that makes the next tree. " +
        "Both are measured by running them again, by themselves, within the decoding. A tree whose " +
        "nodes carry their pseudo rows drafts mostly while it verifies.",
    }],
  }];
}
