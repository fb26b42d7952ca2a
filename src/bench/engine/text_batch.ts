import type { Gpu } from "../../gpu/gpu.ts";
import { createRowBatch, padRows, type RowBatch, textRow, writeRows } from "../../ops/rows.ts";

/** A batch of `count` rows of plain text, from position `first` on. */
export function textBatch(gpu: Gpu, count: number, first = 0): RowBatch {
  const batch = createRowBatch(gpu, padRows(count), 1);
  writeRows(gpu, batch, Array.from({ length: count }, (_, i) => textRow(0, first + i)));
  return batch;
}
