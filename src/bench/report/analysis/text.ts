import type { Analysis } from "../../analysis/analysis.ts";
import { type AboutRun, aboutText } from "../about_run.ts";
import { titledTable } from "../table.ts";
import { experimentReports } from "./experiment_reports.ts";
import { analysisFindings } from "./findings.ts";

/** The experiments for people, the findings first. */
export function analysisText(about: AboutRun, analysis: Analysis): string {
  const findings = [...analysisFindings(analysis), ...analysis.leftOut].map((line) => `${line}\n`);
  const tables = experimentReports(analysis).map((report) => titledTable(report.table()));
  return [aboutText(about), findings.join(""), ...tables].join("\n");
}
