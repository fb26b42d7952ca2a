/** Whatever is drafted, the text is that of plain decoding: many more random decodings. */
import { withGpu } from "../../gpu/with_gpu.ts";
import { assertLossless } from "./lossless.ts";
import { MODELS, TREE_SIZES } from "./random_decodings.ts";

withGpu("500 random decodings give the ids of plain decoding", async (gpu) => {
  await assertLossless(gpu, 500, MODELS.length, TREE_SIZES);
});
