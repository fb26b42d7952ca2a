import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { Safetensors, writeSafetensors } from "../../src/format/safetensors/safetensors.ts";
import { WeightLoader } from "../../src/model/weight_loader.ts";
import { freeWeightMatrix } from "../../src/ops/products/weights.ts";
import { withFolder } from "../format/support.ts";
import { withGpu } from "../gpu/with_gpu.ts";

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
    assertEquals(await gpu.readFloats(matrix.slices[0].buffer, 0, 8), row.slice(0, 8));
    freeWeightMatrix(gpu, matrix);
  });
});
