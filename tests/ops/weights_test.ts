import { assertEquals, assertThrows } from "@std/assert";
import {
  createWeightMatrix,
  freeWeightMatrix,
  sendColumns,
  writeColumns,
} from "../../src/ops/products/weights.ts";
import { weightBytes } from "../../src/ops/products/codecs.ts";
import { byteLengthOf } from "../../src/gpu/texels.ts";
import { UploadQueue } from "../../src/gpu/queues/upload_queue.ts";
import { withGpu } from "../gpu/with_gpu.ts";

withGpu("a matrix is cut where asked, and the last slice is padded to whole octets", (gpu) => {
  const shape = { columns: 37, inner: 16, format: "F16", home: "buffers" } as const;
  const matrix = createWeightMatrix(gpu, "matrix", shape, 16);
  const slices = matrix.slices.map(({ firstColumn, columns }) => [firstColumn, columns]);
  assertEquals(slices, [[0, 16], [16, 16], [32, 5]]);
  assertEquals(matrix.slices.map(({ weights }) => byteLengthOf(weights)), [512, 512, 256]);
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

withGpu("columns written in parts lie as if written at once, in any order", async (gpu) => {
  for (const order of ["columns", "interleaved", "blocks"] as const) {
    const shape = { columns: 72, inner: 16, format: "F32", order } as const;
    const whole = createWeightMatrix(gpu, "whole", shape);
    const parts = createWeightMatrix(gpu, "parts", shape);
    const bytes = new Uint8Array(Float32Array.from({ length: 72 * 16 }, (_, i) => i).buffer);
    writeColumns(gpu, whole, whole.slices[0], 0, bytes);
    writeColumns(gpu, parts, parts.slices[0], 32, bytes.subarray(32 * 64));
    writeColumns(gpu, parts, parts.slices[0], 0, bytes.subarray(0, 32 * 64));
    const found = await gpu.readFloats(whole.slices[0].weights);
    assertEquals(await gpu.readFloats(parts.slices[0].weights), found);
    // Octet 1 of column 2: at its own column, or behind the first octets of 8 or 32 columns.
    const at = { columns: 2 * 16 + 8, interleaved: 8 * 8 + 2 * 8, blocks: 32 * 8 + 2 * 8 }[order];
    assertEquals(found[at], 2 * 16 + 8);
    freeWeightMatrix(gpu, whole);
    freeWeightMatrix(gpu, parts);
  }
});

withGpu("in blocks, octets of codes that a lane loads together stay together", async (gpu) => {
  const scales = { group: 16, format: "F16", offset: "added" } as const;
  const shape = { columns: 3, inner: 64, format: "U4", scales, order: "blocks" } as const;
  const matrix = createWeightMatrix(gpu, "matrix", shape);
  const codes = Uint32Array.from({ length: 3 * 8 }, (_, i) => i); // A word is an octet of four bits.
  const pairs = new Uint8Array(3 * 4 * 4);
  writeColumns(gpu, matrix, matrix.slices[0], 0, new Uint8Array(codes.buffer), pairs);
  const found = await gpu.readWords(matrix.slices[0].weights);
  assertEquals([...found.subarray(0, 12)], [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19]);
  assertEquals([...found.subarray(128, 132)], [4, 5, 6, 7]);
  freeWeightMatrix(gpu, matrix);
});

withGpu("the smallest matrices can be written to textures, in any order", async (gpu) => {
  const scales = { group: 8, format: "F16", offset: "added" } as const;
  for (const order of ["columns", "interleaved", "blocks"] as const) {
    for (const columns of [1, 3, 13]) {
      const shape = { columns, inner: 8, format: "U4", scales, order } as const;
      const [inTexture, inBuffer] = (["textures", "buffers"] as const).map((home) => {
        const matrix = createWeightMatrix(gpu, home, { ...shape, home });
        const codes = Uint8Array.from({ length: 4 * columns }, (_, i) => 1 + i);
        writeColumns(gpu, matrix, matrix.slices[0], 0, codes, codes.toReversed());
        return matrix;
      });
      for (const name of ["weights", "scales"] as const) {
        const expected = await gpu.readWords(inBuffer.slices[0][name]!);
        const found = await gpu.readWords(inTexture.slices[0][name]!, 0, expected.length);
        assertEquals(found, expected, `${name} of ${columns}, ${order}`);
      }
      for (const matrix of [inTexture, inBuffer]) freeWeightMatrix(gpu, matrix);
    }
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
    for (const name of ["weights", ...(scales ? ["scales"] as const : [])] as const) {
      const [expected, found] = [written, sent].map(({ slices }) => slices[0][name]!);
      assertEquals(await gpu.readWords(found), await gpu.readWords(expected), name);
    }
    freeWeightMatrix(gpu, written);
    freeWeightMatrix(gpu, sent);
  });
}
