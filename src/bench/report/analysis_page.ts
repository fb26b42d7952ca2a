import { PLAIN } from "../../draft/registry.ts";
import { TOP_K } from "../analysis/accuracy.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { FREE } from "../timing/row_times.ts";
import { STEP_KINDS } from "../analysis/step_kinds.ts";
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
} from "../plots/analysis_plots.ts";
import type { AboutRun } from "./about_run.ts";
import { analysisFindings } from "./analysis_findings.ts";
import { analysisTables } from "./analysis_tables.ts";
import { htmlPage, type PageSection } from "./page.ts";

/** The experiments as one page that needs nothing else. */
export function analysisPage(about: AboutRun, analysis: Analysis): string {
  return htmlPage({
    title: `Inside the drafts: ${about.model} on ${about.device}`,
    summary: analysisFindings(analysis).join(" "),
    about,
    sections: [
      ...sectionsOf(analysis),
      { title: "All figures", tables: analysisTables(analysis) },
      ...(analysis.leftOut.length === 0
        ? []
        : [{ title: "What is not here", text: analysis.leftOut.join(" ") }]),
    ],
  });
}

function sectionsOf(analysis: Analysis): PageSection[] {
  const { rowTimes, accuracy, similarity, byLayer, ablation, steps } = analysis;
  const sections: (PageSection | false | undefined)[] = [
    rowTimes && {
      title: "1. What rows cost",
      plots: [{
        plot: rowTimesPlot(rowTimes),
        series: [],
        caption:
          `A pass over more rows reads the same weights. Below the dashed line a pass costs at ` +
          `most ${FREE} times one row; left of the other the rows of a tree are as good as free.`,
      }],
    },
    accuracy && {
      title: "2. How often drafts are right",
      plots: TOP_K.map((k) => ({
        plot: accuracyPlot(accuracy, k),
        series: methodsOf(accuracy),
        caption: k === 1
          ? "The best candidate at every position of the model's own text, by its distance from the " +
            "token that is known anyway. Nothing is assumed about the drafts before it."
          : `The same with the best ${k} candidates, as a tree could hold them.`,
      })),
    },
    similarity && {
      title: "3. How pseudo states are refined",
      plots: [{
        plot: similarityPlot(similarity),
        series: stepNames(similarity),
        caption: "Mean cosine of each pseudo state with the real state at its position, from its " +
          "entry layer upward. Dashed: the state that it was made from, unchanged. What lies above the " +
          "dashed line is what the map and the layers after it have added.",
      }],
    },
    byLayer && {
      title: "4. Where pseudo states best enter",
      plots: [{
        plot: layersPlot(byLayer),
        series: stepNames(byLayer),
        caption:
          "All steps enter at one layer. Lines: maps from the state alone by ridge regression in " +
          "closed form, made for this plot on other texts than it is measured on. Stars: the " +
          "model's own trained maps. Low layers leave more layers to refine what enters, and cost more.",
      }],
    },
    ablation && {
      title: "5. Does a step need the steps before it?",
      plots: [{
        plot: ablationPlot(ablation),
        series: ABLATION_SERIES,
        caption:
          "The same maps and texts, once as they draft and once with every pseudo state seeing " +
          "the text and itself alone. The first step has none before it and stays as it is.",
      }],
    },
    steps && {
      title: "6. Where the time of a step goes",
      plots: [
        {
          plot: stepKindsPlot(steps),
          series: STEP_KINDS,
          caption:
            "Each kind of work of a step by itself, in a pass of its own within the decoding. " +
            "Choice, acceptance and the moving of keys and values are not among them.",
        },
        ...(steps.some(({ method }) => method !== PLAIN.name)
          ? [{
            plot: speedUpsPlot(steps.filter(({ method }) => method !== PLAIN.name)),
            series: SPEED_UP_SERIES,
            caption:
              "From tokens per pass to time gained: what wide passes and drafting take away lies " +
              "between the first and the second; what the rest of the loop does, between the last two.",
          }]
          : []),
      ],
    },
  ];
  return sections.filter((section) => !!section);
}
