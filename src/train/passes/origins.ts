import type { Copy } from "../../gpu/commands.ts";

/** Which of a text's positions predictions begin at. */
export interface OriginOptions {
  /** T: tokens of a text. */
  sequenceLength: number;
  /** Positions from one origin to the next; divides T. 1 if left out: all positions are origins. */
  every?: number | undefined;
}

/** The first origin: in the middle of the positions that have one together. */
export function firstOrigin(every: number): number {
  return Math.floor((every - 1) / 2);
}

/** The origins of a text, ascending. */
export function originsOf({ sequenceLength, every = 1 }: OriginOptions): number[] {
  const first = firstOrigin(every);
  return Array.from({ length: sequenceLength / every }, (_, o) => first + o * every);
}

/** Copies rows of `source` to the beginning of `target`, neighbours together; both [rows, width] f32. */
export function copyRowsAt(
  rows: readonly number[],
  { source, target, width }: { source: GPUBuffer; target: GPUBuffer; width: number },
): Copy[] {
  const copies: Copy[] = [];
  let begin = 0;
  for (let end = 1; end <= rows.length; end++) {
    if (end < rows.length && rows[end] === rows[end - 1] + 1) continue;
    copies.push({
      source,
      target,
      sourceOffset: 4 * width * rows[begin],
      targetOffset: 4 * width * begin,
      byteLength: 4 * width * (end - begin),
    });
    begin = end;
  }
  return copies;
}
