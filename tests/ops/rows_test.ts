import { assertEquals, assertThrows } from "@std/assert";
import { MAX_ROW_TILE } from "../../src/ops/profiles.ts";
import { createRowBatch, padRows, textRow, writeRows } from "../../src/ops/rows.ts";
import { withGpu } from "../gpu/with_gpu.ts";

Deno.test("room for rows is whole tiles", () => {
  const [one, two] = [MAX_ROW_TILE, 2 * MAX_ROW_TILE];
  assertEquals([1, one, one + 1, two].map(padRows), [one, one, two, two]);
});

withGpu("rows and their ancestors are laid out as the kernels read them", async (gpu) => {
  const batch = createRowBatch(gpu, 3, 2);
  const node = { token: 9, position: 6, slot: 20, prefix: 5, ancestors: [18, 20] };
  writeRows(gpu, batch, [textRow(7, 4), node]);
  assertEquals([...await gpu.readWords(batch.rows, 0, 9)], [2, 7, 4, 4, 5, 9, 6, 20, 5]);
  assertEquals([...await gpu.readWords(batch.ancestors, 2, 2)], [18, 20]);
  gpu.free(batch.rows, batch.ancestors);
});

withGpu("more rows or ancestors than there is room for are refused", (gpu) => {
  const batch = createRowBatch(gpu, 1, 1);
  const node = { token: 9, position: 6, slot: 20, prefix: 5, ancestors: [18, 20] };
  assertThrows(() => writeRows(gpu, batch, [textRow(0, 0), textRow(0, 1)]), RangeError, "2 rows");
  assertThrows(() => writeRows(gpu, batch, [node]), RangeError, "2 ancestors");
  gpu.free(batch.rows, batch.ancestors);
});
