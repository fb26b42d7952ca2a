import { assertEquals, assertThrows } from "@std/assert";
import { randomIntegers } from "../../src/checks/oracles/numbers/random.ts";
import { QUANTISED } from "../../src/checks/products/storages.ts";
import { scaleBytes, type Storage, weightBytes } from "../../src/ops/products/codecs.ts";
import { gatherColumns } from "../../src/ops/products/gather_columns.ts";
import {
  createWeightMatrix,
  freeWeightMatrix,
  writeColumns,
} from "../../src/ops/products/weights.ts";
import { readMatrix } from "../../src/train/read_matrix.ts";
import { withGpu } from "../gpu/with_gpu.ts";

const [COLUMNS, INNER] = [150, 64];
const CHOSEN = Uint32Array.from({ length: 67 }, (_, i) => (7 * i + 3) % COLUMNS);
const STORAGES: readonly Storage[] = [
  { format: "F32" },
  { format: "F16" },
  QUANTISED.U4,
  QUANTISED.F8,
];

/** Bytes that stand for small numbers in any format, the sign apart. */
function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(randomIntegers(length, length, 0x40));
}

withGpu(
  "chosen columns are those of the matrix, in any order, from any slice and to any",
  async (gpu) => {
    for (const storage of STORAGES) {
      for (const order of ["columns", "interleaved", "blocks"] as const) {
        const shape = { ...storage, columns: COLUMNS, inner: INNER, order };
        const matrix = createWeightMatrix(gpu, "matrix", shape, 56);
        for (const slice of matrix.slices) {
          const weights = randomBytes(slice.columns * weightBytes(INNER, storage.format));
          const { scales } = storage;
          const ofScales = scales &&
            randomBytes(slice.columns * INNER / scales.group * scaleBytes(scales));
          writeColumns(gpu, matrix, slice, 0, weights, ofScales);
        }
        const all = await readMatrix(gpu, matrix);
        const gathered = gatherColumns(gpu, "chosen", matrix, CHOSEN, 48);
        const found = await readMatrix(gpu, gathered);
        const expected = [...CHOSEN].flatMap((column) => [
          ...all.subarray(column * INNER, (column + 1) * INNER),
        ]);
        assertEquals(
          [...found.subarray(0, expected.length)],
          expected,
          `${storage.format}, ${order}`,
        );
        assertThrows(
          () => gatherColumns(gpu, "chosen", matrix, Uint32Array.of(COLUMNS)),
          RangeError,
        );
        for (const each of [matrix, gathered]) freeWeightMatrix(gpu, each);
      }
    }
  },
);
