/** Whatever is drafted, the text is that of plain decoding. */
import { IS_SECOND_DRIVER, TEXT_VARIANTS, withGpu } from "../../gpu/with_gpu.ts";
import { assertLossless } from "./lossless.ts";
import { TREE_SIZES } from "./random_decodings.ts";

for (const { title, options, isOwn, isThorough } of TEXT_VARIANTS) {
  const runs = isThorough ? 40 : !IS_SECOND_DRIVER ? 30 : isOwn ? 12 : 4;
  const modelCount = isThorough ? 2 : 1; // The long tests try all.
  const sizes = isThorough ? TREE_SIZES : TREE_SIZES.filter(([nodes]) => nodes === 16);

  withGpu(`${title}: ${runs} random decodings give the ids of plain decoding`, async (gpu) => {
    await assertLossless(gpu, runs, modelCount, sizes);
  }, options);
}
