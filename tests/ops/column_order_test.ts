import { assertEquals } from "@std/assert";
import { inColumnOrder, orderedBytes, writeOrdered } from "../../src/ops/products/column_order.ts";

const ROWS = 16;
const COUNT = 5;
/** Column i is row ORDER[i]: neighbours, jumps and a row twice, and no whole eights. */
const ORDER = Uint32Array.of(3, 4, 5, 0, 15, 14, 9, 10, 11, 2, 2);

for (const unitBytes of [4, 8, 12, 16, 32]) {
  for (const order of ["columns", "interleaved", "blocks"] as const) {
    Deno.test(`rows in units of ${unitBytes} bytes come to be ${order}`, () => {
      const rowBytes = COUNT * unitBytes;
      const bytes = Uint8Array.from({ length: ROWS * rowBytes }, (_, i) => 1 + i * 7 % 251);
      const units = { count: COUNT, unitBytes };
      const length = orderedBytes(ORDER.length, units, order);
      const target = new Uint8Array(length).fill(255);
      writeOrdered({ bytes, rows: ORDER }, units, order, target);

      const expected = new Uint8Array(length);
      ORDER.forEach((row, column) => {
        for (let i = 0; i < rowBytes; i++) {
          const [unit, byte] = [Math.floor(i / unitBytes), i % unitBytes];
          const sideBySide = { columns: 1, interleaved: 8, blocks: 32 }[order];
          const block = Math.floor(column / sideBySide);
          const place = (block * COUNT + unit) * sideBySide + column % sideBySide;
          expected[place * unitBytes + byte] = bytes[row * rowBytes + i];
        }
      });
      assertEquals(target, expected);

      const back = inColumnOrder(target, units, order).subarray(0, ORDER.length * rowBytes);
      const rows = [...ORDER].flatMap((row) => [
        ...bytes.subarray(row * rowBytes, (row + 1) * rowBytes),
      ]);
      assertEquals([...back], rows);
    });
  }
}

Deno.test("columns are filled up to whole eights or blocks", () => {
  const units = { count: 2, unitBytes: 4 };
  assertEquals(orderedBytes(11, units, "columns"), 16 * 8);
  assertEquals(orderedBytes(11, units, "interleaved"), 16 * 8);
  assertEquals(orderedBytes(16, units, "interleaved"), 16 * 8);
  assertEquals(orderedBytes(33, units, "blocks"), 64 * 8);
});
