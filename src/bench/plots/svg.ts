/** Plots as SVG documents, made without a browser. */

import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { escapeMarkup } from "./markup.ts";

/** How numbers or names are shown, in the words of Observable Plot. */
export type ScaleOptions = Readonly<Record<string, unknown>>;

/** What is drawn, in the words of Observable Plot. */
export interface PlotOptions {
  width?: number;
  height?: number;
  marginTop?: number;
  marginRight?: number;
  marginBottom?: number;
  marginLeft?: number;
  className?: string;
  style?: Readonly<Record<string, string>>;
  x?: ScaleOptions;
  y?: ScaleOptions;
  fy?: ScaleOptions;
  color?: ScaleOptions;
  marks: readonly unknown[];
}

const WIDTH = 680;
const HEIGHT = 300;
const TITLE_HEIGHT = 28;

/** What a plot shows, with a title above it. */
export interface TitledPlot extends PlotOptions {
  title: string;
}

/** One plot as an SVG element, with these attributes. */
export function plotSvg(
  options: PlotOptions,
  attributes: Readonly<Record<string, string>> = {},
): string {
  const page: unknown = parseHTML("<!doctype html><html><body></body></html>");
  const { document } = page as Required<Pick<Plot.PlotOptions, "document">>;
  const plot = Plot.plot({ ...options, document } as Plot.PlotOptions);
  const all = { xmlns: "http://www.w3.org/2000/svg", ...attributes };
  for (const [name, value] of Object.entries(all)) plot.setAttribute(name, value);
  return plot.outerHTML;
}

/** Plots below each other in one SVG document, on white so that it can be read anywhere. */
export function pageOfPlots(title: string, plots: readonly TitledPlot[]): string {
  const each = HEIGHT + TITLE_HEIGHT;
  const sizes = { width: WIDTH, height: HEIGHT, marginLeft: 56 };
  const height = TITLE_HEIGHT + plots.length * each;
  const bodies = plots.map(({ title, ...options }, i) => {
    const top = TITLE_HEIGHT + i * each;
    return `<text x="12" y="${top + 18}" font-size="13">${escapeMarkup(title)}</text>\n` +
      `<g transform="translate(0,${top + TITLE_HEIGHT})">${plotSvg({ ...options, ...sizes })}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" ` +
    `viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif">\n` +
    `<rect width="100%" height="100%" fill="white"/>\n` +
    `<text x="12" y="22" font-size="16" font-weight="bold">${escapeMarkup(title)}</text>\n` +
    bodies.join("\n") + "\n</svg>\n";
}
