/** Logits do not depend on how a text is cut into batches: batches of every size. */
import { VARIANTS, withGpu } from "../gpu/with_gpu.ts";
import { assertSameInBatches } from "./batches.ts";

for (const { title, options } of VARIANTS) {
  withGpu(
    `${title}: a text has the same logits, bit for bit, in batches of any size`,
    async (gpu) => {
      await assertSameInBatches(gpu, Array.from({ length: 63 }, (_, i) => i + 2));
    },
    options,
  );
}
