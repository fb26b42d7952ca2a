/** The head over some tokens gives the logits that the whole head gives them. */
import { assertEquals } from "@std/assert";
import { submit } from "../../src/gpu/kernel.ts";
import { PartialHead } from "../../src/model/partial_head.ts";
import { outputStride } from "../../src/ops/products/matmul.ts";
import { textRow } from "../../src/ops/rows.ts";
import { withGpu } from "../gpu/with_gpu.ts";
import { Forward } from "./forward.ts";
import { TINY_ARCHITECTURES } from "./goldens/tiny_architectures.ts";
import { randomModel } from "./random_model.ts";

for (const config of TINY_ARCHITECTURES.filter(({ headBias }) => headBias)) {
  withGpu(
    `some tokens have the logits of all, bit for bit, ${config.architecture}`,
    async (gpu) => {
      using random = await randomModel(gpu, config, ["F32", "F16"]);
      using forward = new Forward(random.model, 64);
      const rows = [3, 14, 15].map((id, position) => textRow(id, position));
      const all = await forward.run(rows);
      const ids = Uint32Array.of(0, 2, 3, 7, 11, 12, 20, 29, 30);
      using head = new PartialHead(random.model, ids);
      submit(gpu, random.model.logits(rows.length, forward.activations, { head }));
      const stride = outputStride(ids.length);
      const found = await gpu.readFloats(forward.activations.logits, 0, rows.length * stride);
      for (const row of rows.keys()) {
        const own = Array.from(ids, (id) => all[row * config.vocabSize + id]);
        assertEquals([...found.subarray(row * stride, row * stride + ids.length)], own);
      }
    },
  );
}
