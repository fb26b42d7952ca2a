/** How a message being written looks on a terminal of a given size. */

import { graphemes, graphemeWidth, textWidth } from "./text_width.ts";

/** Rows of text and the place of the cursor among them. */
export interface LineView {
  rows: readonly string[];
  /** Columns that each row takes. */
  widths: readonly number[];
  cursorRow: number;
  cursorColumn: number;
}

/** The prompts before the first line and before each further one. */
export interface LinePrompts {
  first: string;
  next: string;
}

/**
 * Wraps a message into rows. Each is one column short of the terminal, so that no row ever reaches
 * the last column, where terminals differ in what they do.
 *
 * @param cursor index into `text`.
 */
export function viewOf(
  text: string,
  cursor: number,
  prompts: LinePrompts,
  columns: number,
): LineView {
  const usable = Math.max(4, columns - 1);
  const rows: string[] = [];
  const widths: number[] = [];
  let [cursorRow, cursorColumn, index] = [0, 0, 0];
  for (const [lineNumber, line] of text.split("\n").entries()) {
    let row = lineNumber === 0 ? prompts.first : prompts.next;
    let width = textWidth(row);
    const place = () => {
      if (index === cursor) [cursorRow, cursorColumn] = [rows.length, width];
    };
    for (const grapheme of graphemes(line)) {
      const shown = visible(grapheme);
      const shownWidth = textWidth(shown);
      if (width + shownWidth > usable) {
        rows.push(row);
        widths.push(width);
        [row, width] = ["", 0];
      }
      place();
      row += shown;
      width += shownWidth;
      index += grapheme.length;
    }
    place();
    rows.push(row);
    widths.push(width);
    index++;
  }
  return { rows, widths, cursorRow, cursorColumn };
}

/** Tabs as spaces and control characters as `^X`: both have the width that they seem to have. */
function visible(grapheme: string): string {
  if (grapheme === "\t") return "    ";
  const code = grapheme.charCodeAt(0);
  if (code < 32) return `^${String.fromCharCode(code + 64)}`;
  return graphemeWidth(grapheme) === 0 ? "" : grapheme;
}

/** The part of a view that a terminal with few rows can show, with the cursor in it. */
export function window(view: LineView, height: number): LineView {
  if (view.rows.length <= height) return view;
  const start = Math.min(Math.max(0, view.cursorRow - height + 1), view.rows.length - height);
  return {
    rows: view.rows.slice(start, start + height),
    widths: view.widths.slice(start, start + height),
    cursorRow: view.cursorRow - start,
    cursorColumn: view.cursorColumn,
  };
}

/** Terminal codes that draw a view where another one stands, the cursor being in its place. */
export function drawOver(previous: LineView | null, view: LineView): string {
  const toTop = previous !== null && previous.cursorRow > 0 ? `\x1b[${previous.cursorRow}A` : "";
  const below = view.rows.length - 1 - view.cursorRow;
  const back = below > 0 ? `\x1b[${below}A` : "";
  const column = view.cursorColumn > 0 ? `\x1b[${view.cursorColumn}C` : "";
  return `${toTop}\r\x1b[J${view.rows.join("\r\n")}${back}\r${column}`;
}

/** Where the cursor of a drawn view is after the terminal has become `columns` wide. */
export function reflow(view: LineView, columns: number): LineView {
  const rowsTaken = (width: number) => Math.max(1, Math.ceil(width / columns));
  const above = view.widths.slice(0, view.cursorRow).reduce((sum, w) => sum + rowsTaken(w), 0);
  const cursorRow = above + Math.floor(view.cursorColumn / columns);
  return { ...view, cursorRow, cursorColumn: view.cursorColumn % columns };
}
