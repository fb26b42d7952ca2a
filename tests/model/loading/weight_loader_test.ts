import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DataError } from "../../../src/format/errors.ts";
import { Safetensors, writeSafetensors } from "../../../src/format/safetensors/safetensors.ts";
import { WeightLoader } from "../../../src/model/loading/weight_loader.ts";
import {
  createWeightMatrix,
  freeWeightMatrix,
  writeColumns,
} from "../../../src/ops/products/weights.ts";
import { withFolder } from "../../format/support.ts";
import { withGpu } from "../../gpu/with_gpu.ts";

withGpu("a row arrives of which eight are more than is usually sent at once", async (gpu) => {
  const inner = 2 ** 19 + 8;
  const row = Float32Array.from({ length: inner }, (_, i) => i);
  await withFolder({}, async (folder) => {
    const path = join(folder, "model.safetensors");
    const data = new Uint8Array(row.buffer);
    await writeSafetensors(path, [{ name: "w.weight", dtype: "F32", shape: [1, inner], data }]);
    using tensors = await Safetensors.openFile(path);
    using loader = new WeightLoader(gpu, tensors);
    const parts = [{ name: "w.weight", rows: 1 }];
    const matrix = loader.matrix({ label: "a long row", parts, inner });
    await loader.upload();
    // In either order of weights the first octet of the first column comes first.
    assertEquals(await gpu.readFloats(matrix.slices[0].weights, 0, 8), row.slice(0, 8));
    freeWeightMatrix(gpu, matrix);
  });
});

withGpu(
  "rows of two tensors come to their columns, whatever piece they are read in",
  async (gpu) => {
    const [rows, inner, first, of] = [1500, 512, 3, 1600];
    const rowBytes = 2 * inner;
    const data = [1, 2].map((seed) =>
      Uint8Array.from({ length: of * rowBytes }, (_, i) => (i * seed + Math.floor(i / 251)) % 113)
    );
    const names = ["a.weight", "b.weight"];
    const shape = [of, inner];
    await withFolder({}, async (folder) => {
      const path = join(folder, "model.safetensors");
      const stored = names.map((
        name,
        i,
      ) => ({ name, dtype: "F16", shape, data: data[i] } as const));
      await writeSafetensors(path, stored);
      using tensors = await Safetensors.openFile(path);
      using loader = new WeightLoader(gpu, tensors);
      const parts = names.map((name) => ({ name, rows, first, of }));
      // Neighbours from both, and within each the rows of a block of ten from last to first.
      const sourceOf = (column: number) => {
        const place = Math.floor(column / 2);
        return { part: column % 2, row: place - place % 10 + 9 - place % 10 };
      };
      const matrix = loader.matrix({ label: "mixed", parts, inner, sourceOf, block: 40 });
      const heard: number[] = [];
      await loader.upload((done, total) => heard.push(done / total));
      const expected = createWeightMatrix(gpu, "expected", {
        columns: 2 * rows,
        inner,
        format: "F16",
      });
      const columns = new Uint8Array(2 * rows * rowBytes);
      for (let column = 0; column < 2 * rows; column++) {
        const { part, row } = sourceOf(column);
        const from = (first + row) * rowBytes;
        columns.set(data[part].subarray(from, from + rowBytes), column * rowBytes);
      }
      writeColumns(gpu, expected, expected.slices[0], 0, columns);
      const [found, wanted] = [matrix, expected].map(({ slices }) => gpu.read(slices[0].weights));
      assertEquals(new Uint8Array(await found), new Uint8Array(await wanted));
      assertEquals(heard.length, 3);
      assertEquals(heard.at(-1), 1);
      freeWeightMatrix(gpu, matrix);
      freeWeightMatrix(gpu, expected);
    });
  },
);

withGpu(
  "a tensor that was cut after it was opened ends the loading, and all is freed",
  async (gpu) => {
    await withFolder({}, async (folder) => {
      const path = join(folder, "model.safetensors");
      const data = new Uint8Array(4 * 2 ** 20);
      await writeSafetensors(path, [{ name: "w.weight", dtype: "F16", shape: [4096, 512], data }]);
      using tensors = await Safetensors.openFile(path);
      using loader = new WeightLoader(gpu, tensors);
      const parts = [{ name: "w.weight", rows: 4096 }];
      loader.matrix({ label: "cut", parts, inner: 512 });
      await Deno.truncate(path, 2 * 2 ** 20);
      await assertRejects(() => loader.upload(), DataError, 'tensor "w.weight"');
    });
  },
);
