/** Plots as SVG documents, made without a browser. */

import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";

const WIDTH = 680;
const HEIGHT = 300;
const TITLE_HEIGHT = 28;

/** What a plot shows, with a title above it. */
export interface TitledPlot extends Omit<Plot.PlotOptions, "document" | "width" | "height"> {
  title: string;
}

/** One plot as an SVG element without a title. */
export function plotSvg(options: Omit<TitledPlot, "title">): string {
  const page: unknown = parseHTML("<!doctype html><html><body></body></html>");
  const { document } = page as Required<Pick<Plot.PlotOptions, "document">>;
  const plot = Plot.plot({
    ...options,
    document,
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 56,
  });
  plot.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return plot.outerHTML;
}

/** Plots below each other in one SVG document, on white so that it can be read anywhere. */
export function pageOfPlots(title: string, plots: readonly TitledPlot[]): string {
  const each = HEIGHT + TITLE_HEIGHT;
  const height = TITLE_HEIGHT + plots.length * each;
  const bodies = plots.map(({ title, ...options }, i) => {
    const top = TITLE_HEIGHT + i * each;
    return `<text x="12" y="${top + 18}" font-size="13">${escapeXml(title)}</text>\n` +
      `<g transform="translate(0,${top + TITLE_HEIGHT})">${plotSvg(options)}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" ` +
    `viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif">\n` +
    `<rect width="100%" height="100%" fill="white"/>\n` +
    `<text x="12" y="22" font-size="16" font-weight="bold">${escapeXml(title)}</text>\n` +
    bodies.join("\n") + "\n</svg>\n";
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
