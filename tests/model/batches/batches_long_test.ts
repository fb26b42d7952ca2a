/** Logits do not depend on how a text is cut into batches: batches of every size, other architectures. */
import type { ModelConfig } from "../../../src/model/config.ts";
import { DECODING_VARIANTS, HARDWARE, withGpu } from "../../gpu/with_gpu.ts";
import { assertKeepsBits, assertKeepsBitsInParts, assertSameInBatches } from "./batches.ts";
import { TINY_ARCHITECTURES } from "../goldens/tiny_architectures.ts";

for (const { title, options, isOwn } of DECODING_VARIANTS) {
  withGpu(
    `${title}: a text has the same logits, bit for bit, in batches of any size`,
    async (gpu) => {
      await assertSameInBatches(gpu, Array.from({ length: 63 }, (_, i) => i + 2));
    },
    isOwn ? options : HARDWARE.options, // With tiles of every size.
  );

  for (const config of isOwn ? [] : TINY_ARCHITECTURES) {
    withGpu(`${title}: text and tree keep their bits, ${config.architecture}`, async (gpu) => {
      await assertKeepsBits(gpu, config);
    }, options);
  }

  // Those with norms that products of few rows on a GPU add to the stream, or make, on their way.
  for (const config of isOwn ? [] : TINY_ARCHITECTURES.filter(joinsNorms)) {
    withGpu(`${title}: parts of layers keep their bits, ${config.architecture}`, async (gpu) => {
      await assertKeepsBitsInParts(gpu, config);
    }, options);
  }
}

function joinsNorms({ norm, layers }: ModelConfig): boolean {
  return norm !== "rms" || layers.some(({ norms }) => norms !== "before");
}
