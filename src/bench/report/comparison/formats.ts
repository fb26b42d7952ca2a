import type { Comparison } from "../../compare/comparison.ts";
import { aboutRows, type AboutRun, aboutText } from "../about_run.ts";
import { comparisonTables, disqualifications } from "./tables.ts";
import { clockText, comparisonSummary, treeChoiceText } from "./summary.ts";
import { type TitledTable, titledTable } from "../table.ts";

/** A way of writing a comparison down. */
export type ReportFormat = "table" | "markdown" | "json" | "csv";

/** The formats, the default first. */
export const REPORT_FORMATS: readonly ReportFormat[] = ["table", "markdown", "json", "csv"];

/** The comparison as text. */
export function formatComparison(
  format: ReportFormat,
  about: AboutRun,
  comparison: Comparison,
): string {
  switch (format) {
    case "table":
      return plainText(about, comparison);
    case "markdown":
      return markdown(about, comparison);
    case "json":
      return JSON.stringify({ about, ...comparison }, null, 2) + "\n";
    case "csv":
      return csv(comparison);
  }
}

function plainText(about: AboutRun, comparison: Comparison): string {
  const tables = comparisonTables(comparison).map(titledTable);
  const faults = disqualifications(comparison).map((line) => `${line}\n`);
  const words = [
    clockText(comparison),
    treeChoiceText(comparison),
    comparisonSummary(about, comparison),
  ];
  return [aboutText(about), ...tables, ...words.map((line) => `${line}\n`), ...faults].join("\n");
}

function markdown(about: AboutRun, comparison: Comparison): string {
  const head = aboutRows(about).map(([name, value]) => `- ${name}: ${escapeMarkdown(value)}\n`);
  const faults = disqualifications(comparison).map((line) => `- ${line}\n`);
  const tables = comparisonTables(comparison).map((one) => `### ${one.title}\n\n${pipes(one)}`);
  const summary = comparisonSummary(about, comparison) + "\n";
  const trees = `${clockText(comparison)} ${treeChoiceText(comparison)}\n`;
  return [summary, head.join(""), ...tables, trees, ...(faults.length > 0 ? [faults.join("")] : [])]
    .join("\n");
}

/** A table of Markdown: the first column is aligned to the left, the others to the right. */
function pipes({ rows: [head, ...rows] }: TitledTable): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(" | ")} |\n`;
  const rule = `|${head.map((_, i) => (i === 0 ? " --- |" : " --: |")).join("")}\n`;
  return line(head) + rule + rows.map(line).join("");
}

function escapeMarkdown(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("|", "\\|").replaceAll("<", "&lt;");
}

/** One line per method and category, numbers unrounded; times in seconds, memory in bytes. */
function csv({ methods }: Comparison): string {
  const depth = Math.max(1, ...methods.map((method) => method.depth));
  const offsets = Array.from({ length: depth }, (_, i) => i);
  const estimate = (name: string) => [name, `${name}_low`, `${name}_high`];
  const head = [
    "method",
    "category",
    "disqualified",
    "tree",
    "parameters",
    "memory_bytes",
    "verifying_seconds",
    "drafting_seconds",
    "tokens_per_forward",
    ...offsets.map((i) => `accepted_at_${i + 1}`),
    ...estimate("tokens_per_second"),
    ...estimate("speed_up"),
  ];
  const lines = methods.flatMap((method) => {
    const { name, tree, parameters, memoryBytes, seconds, difference } = method;
    const cost = [tree, parameters, memoryBytes, seconds?.verifying, seconds?.drafting];
    if (difference) return [[name, "", true, ...cost]];
    return Object.entries(method.figures).map(([category, figures]) => {
      const { tokensPerForward, acceptance, tokensPerSecond, speedUp } = figures;
      const estimates = [tokensPerSecond, speedUp]
        .flatMap(({ median, low, high }) => [median, low, high]);
      const accepted = offsets.map((i) => acceptance[i] ?? "");
      return [name, category, false, ...cost, tokensPerForward, ...accepted, ...estimates];
    });
  });
  const padded = lines.map((line) => head.map((_, i) => csvCell(String(line[i] ?? ""))));
  return [head, ...padded].map((cells) => cells.join(",") + "\r\n").join("");
}

/** A cell as RFC 4180 quotes it. */
function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
