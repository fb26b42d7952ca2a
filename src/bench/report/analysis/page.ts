import type { Analysis } from "../../analysis/analysis.ts";
import type { AboutRun } from "../about_run.ts";
import { htmlPage } from "../page.ts";
import { experimentReports } from "./experiment_reports.ts";
import { analysisFindings } from "./findings.ts";

/** The experiments as one page that needs nothing else. */
export function analysisPage(about: AboutRun, analysis: Analysis): string {
  const reports = experimentReports(analysis);
  return htmlPage({
    title: `Inside the drafts: ${about.model} on ${about.device}`,
    summary: analysisFindings(analysis).join(" "),
    about,
    sections: [
      ...reports.map((report) => report.section()),
      { title: "All figures", tables: reports.map((report) => report.table()) },
      ...(analysis.leftOut.length === 0
        ? []
        : [{ title: "What is not here", text: analysis.leftOut.join(" ") }]),
    ],
  });
}
