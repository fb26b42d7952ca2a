/** Whichever tile computes a product, its rows have the bits that the profile's own kernel gives. */
import { assert, assertEquals } from "@std/assert";
import { textBatch } from "../../../src/bench/engine/text_batch.ts";
import { randomNormals } from "../../../src/checks/oracles/numbers/random.ts";
import { project } from "../../../src/ops/products/matmul.ts";
import {
  createWeightMatrix,
  freeWeightMatrix,
  writeColumns,
} from "../../../src/ops/products/weights.ts";
import { submit } from "../../../src/gpu/kernel.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { nameOf, type Tile } from "./tile.ts";
import { tileProduct } from "./tile_product.ts";
import { TILES } from "./tiles.ts";

const [ROWS, COLUMNS, INNER] = [9, 256, 256];

/** One of each kind; the others differ in their numbers alone. */
const TRIED: readonly Tile[] = [
  TILES.get(4)![0],
  TILES.get(8)![5],
  TILES.get(16)![4],
  TILES.get(32)![3],
  TILES.get(64)![2],
];

withGpu(
  "a row's bits are those of the profile's own kernel, whichever tile computes it",
  async (gpu) => {
    const shape = {
      columns: COLUMNS,
      inner: INNER,
      format: "F16",
      order: "blocks",
      home: "buffers",
    } as const;
    const weights = createWeightMatrix(gpu, "weights", shape);
    const numbers = Float16Array.from(randomNormals(COLUMNS * INNER, 1, 1 / Math.sqrt(INNER)));
    writeColumns(gpu, weights, weights.slices[0], 0, new Uint8Array(numbers.buffer));
    const input = gpu.upload("input", Float32Array.from(randomNormals(128 * INNER, 2)));
    const batch = textBatch(gpu, ROWS);
    const output = gpu.storage("output", 4 * 128 * COLUMNS);
    submit(gpu, project(gpu, { batch, rowCount: ROWS, weights, input, output }));
    const expected = (await gpu.readFloats(output)).slice(0, ROWS * COLUMNS);
    assert(expected.some((x) => x !== 0));
    for (const tile of TRIED) {
      const output = gpu.storage("output of a tile", 4 * 128 * COLUMNS);
      const dispatch = tileProduct(gpu, tile, { rowCount: ROWS, weights, input, output });
      assert(dispatch, nameOf(tile));
      submit(gpu, [dispatch]);
      const found = (await gpu.readFloats(output)).slice(0, ROWS * COLUMNS);
      assertEquals(new Uint32Array(found.buffer), new Uint32Array(expected.buffer), nameOf(tile));
      gpu.free(output);
    }
    freeWeightMatrix(gpu, weights);
    gpu.free(input, output, batch.rows, batch.ancestors);
  },
  { profile: "gpu" },
);
