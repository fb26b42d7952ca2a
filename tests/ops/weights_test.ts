import { assertEquals, assertThrows } from "@std/assert";
import {
  createWeightMatrix,
  freeWeightMatrix,
  writeColumns,
} from "../../src/ops/products/weights.ts";
import { withGpu } from "../gpu/with_gpu.ts";

withGpu("a matrix is cut where asked, and the last slice is padded to whole octets", (gpu) => {
  const shape = { columns: 37, inner: 16, format: "F16" } as const;
  const matrix = createWeightMatrix(gpu, "matrix", shape, 16);
  const slices = matrix.slices.map(({ firstColumn, columns }) => [firstColumn, columns]);
  assertEquals(slices, [[0, 16], [16, 16], [32, 5]]);
  assertEquals(matrix.slices.map(({ buffer }) => buffer.size), [512, 512, 256]);
  freeWeightMatrix(gpu, matrix);
});

withGpu("a matrix that fits one binding is one slice", (gpu) => {
  const shape = { columns: 100, inner: 8, format: "F32" } as const;
  const matrix = createWeightMatrix(gpu, "matrix", shape);
  assertEquals(matrix.slices.length, 1);
  freeWeightMatrix(gpu, matrix);
});

withGpu("an inner size that is no multiple of 8 is refused", (gpu) => {
  const shape = { columns: 8, inner: 12, format: "F32" } as const;
  assertThrows(
    () => createWeightMatrix(gpu, "the head", shape),
    RangeError,
    "the head: inner size 12",
  );
});

withGpu("columns written in parts lie as if written at once, in either order", async (gpu) => {
  for (const order of ["columns", "interleaved"] as const) {
    const shape = { columns: 24, inner: 16, format: "F32", order } as const;
    const whole = createWeightMatrix(gpu, "whole", shape);
    const parts = createWeightMatrix(gpu, "parts", shape);
    const bytes = new Uint8Array(Float32Array.from({ length: 24 * 16 }, (_, i) => i).buffer);
    writeColumns(gpu, whole, whole.slices[0], 0, bytes);
    writeColumns(gpu, parts, parts.slices[0], 8, bytes.subarray(8 * 64));
    writeColumns(gpu, parts, parts.slices[0], 0, bytes.subarray(0, 8 * 64));
    const found = await gpu.readFloats(whole.slices[0].buffer);
    assertEquals(await gpu.readFloats(parts.slices[0].buffer), found);
    // Octet 1 of column 2: at its own column, or behind the first octets of eight columns.
    const at = order === "columns" ? 2 * 16 + 8 : 8 * 8 + 2 * 8;
    assertEquals(found[at], 2 * 16 + 8);
    freeWeightMatrix(gpu, whole);
    freeWeightMatrix(gpu, parts);
  }
});
