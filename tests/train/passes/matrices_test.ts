import { assertEquals } from "@std/assert";
import { Workspace } from "../../../src/checks/workspace.ts";
import { submit } from "../../../src/gpu/kernel.ts";
import { transpose, transposeMatrix } from "../../../src/ops/train/transpose.ts";
import { createWeightMatrix, freeWeightMatrix } from "../../../src/ops/products/weights.ts";
import { withBuffers } from "../../../src/ops/products/weight_home.ts";
import { readMatrix } from "../../../src/train/read_matrix.ts";
import { VARIANTS, withGpu } from "../../gpu/with_gpu.ts";
import { roundToHalf } from "../../../src/checks/oracles/numbers/half.ts";
import { randomNormals } from "../../../src/checks/oracles/numbers/random.ts";
import { permuted, QUANTISED } from "../../../src/checks/products/storages.ts";

const INNER = 24;

/** Columns and those of a slice, in the order that models have, and in that of matrices which are trained. */
const MATRICES = [[24, 24], [45, 16], [8, 8]].flatMap(([columns, perSlice]) =>
  [undefined, "columns" as const].map((order) => ({ columns, perSlice, order }))
);

for (const { title, options } of VARIANTS) {
  for (const format of ["F32", "F16", "BF16"] as const) {
    withGpu(
      `${title}: a matrix of ${format} is read back and transposed bit for bit`,
      async (gpu) => {
        for (const { columns, perSlice, order: wanted } of MATRICES) {
          using workspace = new Workspace(gpu);
          const values = randomNormals(columns * INNER, 1);
          const shape = { columns, inner: INNER, format, order: wanted };
          const { weights, stored } = workspace.matrix(values, shape, perSlice);
          const padded = 8 * Math.ceil(columns / 8);
          const whole = new Float32Array(padded * INNER);
          whole.set(stored);
          assertEquals(await readMatrix(gpu, weights), whole);

          const { order } = weights;
          const turned = { columns: INNER, inner: padded, format, order, home: "buffers" } as const;
          const target = createWeightMatrix(gpu, "transposed", turned, 16);
          withBuffers(gpu, weights, (weights) => submit(gpu, transpose(gpu, weights, target)));
          const expected = whole.map((_, at) =>
            whole[at % padded * INNER + Math.floor(at / padded)]
          );
          assertEquals(await readMatrix(gpu, target), expected);
          freeWeightMatrix(gpu, target);
        }
      },
      options,
    );
  }
}

withGpu("a matrix of codes is read back, and transposed to the nearest halves", async (gpu) => {
  for (const storage of [...Object.values(QUANTISED), permuted(64)]) {
    using workspace = new Workspace(gpu);
    const shape = { columns: 45, inner: 64, ...storage };
    const { weights, stored } = workspace.matrix(randomNormals(45 * 64, 1), shape, 16);
    const whole = new Float32Array(48 * 64);
    whole.set(stored);
    assertEquals(await readMatrix(gpu, weights), whole);
    const target = transposeMatrix(gpu, weights);
    const expected = new Float32Array(64 * 48);
    stored.forEach((weight, at) => {
      expected[at % 64 * 48 + Math.floor(at / 64)] = roundToHalf(weight, "F16");
    });
    assertEquals(await readMatrix(gpu, target), expected);
    freeWeightMatrix(gpu, target);
  }
});
