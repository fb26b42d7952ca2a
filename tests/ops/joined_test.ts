import { assert, assertEquals } from "@std/assert";
import { joinMatrices, stackMatrices } from "../../src/ops/products/joined.ts";
import {
  freeWeightMatrix,
  uploadMatrix,
  type WeightMatrix,
} from "../../src/ops/products/weights.ts";
import { createWeightMatrix } from "../../src/ops/products/weights.ts";
import { readMatrix } from "../../src/train/read_matrix.ts";
import { withGpu } from "../gpu/with_gpu.ts";

const numbered = (length: number, from: number) =>
  Float32Array.from({ length }, (_, i) => from + i);

withGpu("matrices below each other and side by side are what they were", async (gpu) => {
  const [a, b] = [numbered(64 * 16, 0), numbered(64 * 16, 5000)];
  const parts = [uploadMatrix(gpu, "a", a, 16), uploadMatrix(gpu, "b", b, 16)];
  const [stacked, joined] = [stackMatrices(gpu, "both", parts)!, joinMatrices(gpu, "both", parts)!];
  assertEquals([...await readMatrix(gpu, stacked)], [...a, ...b]);
  const rows = Array.from({ length: 64 }, (_, row) =>
    [a, b].flatMap((numbers) => [
      ...numbers.subarray(16 * row, 16 * row + 16),
    ]));
  assertEquals([...await readMatrix(gpu, joined)], rows.flat());
  for (const matrix of [...parts, stacked, joined]) freeWeightMatrix(gpu, matrix);
});

withGpu("matrices that are stored in different ways are not put together", (gpu) => {
  const shape = { columns: 64, inner: 64, format: "F32", order: "interleaved" } as const;
  const one = createWeightMatrix(gpu, "one", shape);
  const others: Record<string, WeightMatrix> = {
    format: createWeightMatrix(gpu, "other", { ...shape, format: "F16" }),
    order: createWeightMatrix(gpu, "other", { ...shape, order: "columns" }),
  };
  const longer = createWeightMatrix(gpu, "longer", { ...shape, inner: 128 });
  for (const [name, other] of Object.entries(others)) {
    for (const pair of [[one, other], [other, one]]) {
      assertEquals(stackMatrices(gpu, "stacked", pair), null, `another ${name}`);
      assertEquals(joinMatrices(gpu, "joined", pair), null, `another ${name}`);
    }
  }
  assertEquals(stackMatrices(gpu, "stacked", [one, longer]), null);
  const joined = joinMatrices(gpu, "joined", [one, longer]);
  assert(joined);
  for (const matrix of [one, ...Object.values(others), longer, joined]) {
    freeWeightMatrix(gpu, matrix);
  }
});
