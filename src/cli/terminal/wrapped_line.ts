import { textWidth } from "./text_width.ts";

/** Two columns of a list, the first with its indent and the space behind it. */
const FIRST_COLUMN = /^ +\S.*?  +(?=\S)/;

/**
 * A line for people, broken between words where the terminal is too narrow for it. What follows stands
 * under the second column where there are two, or else as far in as the line began. Terminal codes take
 * no room.
 */
export function wrapLine(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line;
  const plain = withoutCodes(line);
  const width = textWidth(FIRST_COLUMN.exec(plain)?.[0] ?? "");
  const hangs = width > 0 && width <= columns / 2;
  const indent = hangs ? width : plain.length - plain.trimStart().length;
  const rows: string[] = [];
  let row = "";
  for (const [, space, word] of line.matchAll(/( *)([^ ]+)/g)) {
    if (row.trim() !== "" && widthOf(row + space + word) > columns) {
      rows.push(row);
      row = " ".repeat(indent) + word;
    } else row += space + word;
  }
  return [...rows, row].join("\n");
}

function widthOf(text: string): number {
  return textWidth(withoutCodes(text));
}

function withoutCodes(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/\x1b\[[0-9;]*m/g, "");
}
