/** Plots for a page, in the page's colours and for its width. */

import * as Plot from "@observablehq/plot";
import { type PlotOptions, plotSvg, type ScaleOptions } from "./svg.ts";

/** The same plot as two SVG elements, of which the page shows the one that fits the window. */
export interface PagePlot {
  wide: string;
  narrow: string;
}

/** What is drawn for a window, the sizes of the whole apart. */
export interface PagePlotOptions extends Omit<PlotOptions, "width"> {
  height: number;
}

const WIDE = 820;
const NARROW = 360;

/**
 * Draws a plot for wide and for narrow windows.
 *
 * @param label what the plot shows, for those who cannot see it.
 */
export function pagePlot(
  label: string,
  draw: (isNarrow: boolean) => PagePlotOptions,
): PagePlot {
  const svg = (name: string, width: number, isNarrow: boolean) => {
    const style = { background: "transparent", color: "currentColor", fontSize: "12px" };
    const frame = { className: "plot", marginTop: 26, marginBottom: 42, width, style };
    const options = { ...frame, ...draw(isNarrow) };
    return plotSvg(options, { class: `plot ${name}`, role: "img", "aria-label": label });
  };
  return { wide: svg("wide", WIDE, false), narrow: svg("narrow", NARROW, true) };
}

/** Room for the axes, in pixels. */
export const AXES = 68;
/** Height of a row with a name. */
const ROW = 30;

/** Sizes of a plot that has a row for each name. */
export function namedRows(names: readonly string[]) {
  const sizes = { height: AXES + ROW * names.length, marginLeft: 118, marginRight: 16 };
  return { ...sizes, y: { label: null, domain: names } };
}

/** Milliseconds of a step by what they are spent on, a bar for each name. */
export function stepBars(
  label: string,
  bars: readonly { name: string; part: string; milliseconds: number }[],
  parts: readonly string[],
): PagePlot {
  return pagePlot(label, () => ({
    ...namedRows([...new Set(bars.map(({ name }) => name))]),
    x: { label: "ms per step", grid: true },
    color: seriesScale(parts),
    marks: [
      Plot.barX(bars, { y: "name", x: "milliseconds", fill: "part", insetTop: 4, insetBottom: 4 }),
      Plot.ruleX([0]),
    ],
  }));
}

const SERIES = 8;

/** The colour of a series as the page defines it for light and dark windows. */
export function seriesColor(index: number): string {
  return `var(--series-${index % SERIES + 1})`;
}

/** A colour scale for these series, in order. */
export function seriesScale(series: readonly string[]): ScaleOptions {
  return { domain: [...series], range: series.map((_, i) => seriesColor(i)) };
}
