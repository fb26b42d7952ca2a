/** One self-contained page: nothing of it is fetched. */

import { escapeMarkup } from "../plots/markup.ts";
import { type PagePlot, seriesColor } from "../plots/page_plot.ts";
import { aboutRows, type AboutRun } from "./about_run.ts";
import css from "./page.css" with { type: "text" };
import type { TitledTable } from "./table.ts";

/** A plot with a caption that says what to see in it. */
export interface CaptionedPlot {
  plot: PagePlot;
  /** Names of the series, in the order of their colours; none where there is one only. */
  series: readonly string[];
  caption: string;
}

/** A part of the page under a heading. */
export interface PageSection {
  title: string;
  /** Text above the plots. */
  text?: string;
  plots?: readonly CaptionedPlot[];
  tables?: readonly TitledTable[];
}

/** The contents of a page. */
export interface Page {
  title: string;
  /** One paragraph. */
  summary: string;
  /** Faults of the program, told at the top. */
  faults?: readonly string[];
  sections: readonly PageSection[];
  about: AboutRun;
}

/** The page as HTML. */
export function htmlPage({ title, summary, faults = [], sections, about }: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escapeMarkup(title)}</title>
<style>
${css}</style>
</head>
<body>
<main>
<header>
<h1>${escapeMarkup(title)}</h1>
<p class="summary">${escapeMarkup(summary)}</p>
${
    faults.map((line) => `<p class="fault" role="alert">${escapeMarkup(line)}</p>\n`).join("")
  }</header>
${sections.map(sectionHtml).join("")}<section>
<h2>This run</h2>
<dl>
${
    aboutRows(about).map(([name, value]) =>
      `<dt>${escapeMarkup(name)}</dt><dd>${escapeMarkup(value)}</dd>\n`
    ).join("")
  }</dl>
<p>All figures on this page were measured in this run.</p>
</section>
</main>
</body>
</html>
`;
}

function sectionHtml({ title, text, plots = [], tables = [] }: PageSection): string {
  return `<section>
<h2>${escapeMarkup(title)}</h2>
${text ? `<p>${escapeMarkup(text)}</p>\n` : ""}${plots.map(plotHtml).join("")}${
    tables.map(tableHtml).join("")
  }</section>
`;
}

function plotHtml({ plot, series, caption }: CaptionedPlot): string {
  const entries = series.map((name, i) =>
    `<li><span style="background:${seriesColor(i)}"></span>${escapeMarkup(name)}</li>`
  );
  const legend = series.length > 1 ? `<ul class="legend">${entries.join("")}</ul>\n` : "";
  return `<figure>
${legend}${plot.wide}
${plot.narrow}
<figcaption>${escapeMarkup(caption)}</figcaption>
</figure>
`;
}

function tableHtml({ title, rows: [head, ...rows] }: TitledTable): string {
  const headCells = head.map((cell) => `<th scope="col">${escapeMarkup(cell)}</th>`).join("");
  const line = ([first, ...rest]: readonly string[]) =>
    `<tr><th scope="row">${escapeMarkup(first)}</th>` +
    rest.map((cell) => `<td>${escapeMarkup(cell)}</td>`).join("") + "</tr>\n";
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeMarkup(title)}">
<table>
<caption>${escapeMarkup(title)}</caption>
<thead><tr>${headCells}</tr></thead>
<tbody>
${rows.map(line).join("")}</tbody>
</table>
</div>
`;
}
