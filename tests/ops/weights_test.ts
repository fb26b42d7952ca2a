import { assertEquals, assertThrows } from "@std/assert";
import {
  createWeightMatrix,
  freeWeightMatrix,
  sendColumns,
  writeColumns,
} from "../../src/ops/products/weights.ts";
import { weightBytes } from "../../src/ops/products/codecs.ts";
import { UploadQueue } from "../../src/gpu/upload_queue.ts";
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

for (const format of ["F32", "F16", "U4"] as const) {
  withGpu(`columns of ${format} that are sent lie as if written`, async (gpu) => {
    const scales = format === "U4"
      ? { group: 16, format: "F16", offset: "added" } as const
      : undefined;
    const shape = { columns: 13, inner: 48, format, scales, order: "interleaved" } as const;
    const [written, sent] = ["written", "sent"].map((label) =>
      createWeightMatrix(gpu, label, shape)
    );
    const bytes = Uint8Array.from({ length: 13 * weightBytes(48, format) }, (_, i) => i % 253);
    const pairs = scales && Uint8Array.from({ length: 13 * 3 * 4 }, (_, i) => i % 241);
    const rows = Uint32Array.from({ length: 13 }, (_, column) => column);
    const queue = new UploadQueue(gpu);
    writeColumns(gpu, written, written.slices[0], 0, bytes, pairs);
    await sendColumns(queue, sent, sent.slices[0], 0, { weights: bytes, scales: pairs, rows });
    await queue.finish();
    for (const name of ["buffer", ...(scales ? ["scales"] as const : [])] as const) {
      const [expected, found] = [written, sent].map(({ slices }) => slices[0][name]!);
      assertEquals(await gpu.readWords(found), await gpu.readWords(expected), name);
    }
    freeWeightMatrix(gpu, written);
    freeWeightMatrix(gpu, sent);
  });
}
