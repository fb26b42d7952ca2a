/** A table with its title; the first row names the columns. */
export interface TitledTable {
  title: string;
  rows: string[][];
}

/** Columns of text, indented by two: the first is aligned to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => widths[i] = Math.max(widths[i] ?? 0, cell.length));
  }
  const line = (row: readonly string[]) =>
    row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])).join("  ");
  return rows.map((row) => `  ${line(row).trimEnd()}\n`).join("");
}

/** A titled table as text. */
export function titledTable({ title, rows }: TitledTable): string {
  return `${title}\n${table(rows)}`;
}
