/** Whatever a method drafts, the text is that of plain decoding: many more random decodings, other kernels. */
import { MODELS } from "../../decode/lossless/random_decodings.ts";
import { OTHER_VARIANTS, withGpu } from "../../gpu/with_gpu.ts";
import { assertEqualIds } from "./equality.ts";
import { ANY_METHODS } from "../random_methods.ts";

for (const [what, anyMethod] of Object.entries(ANY_METHODS)) {
  withGpu(`100 decodings by ${what} give the ids of plain decoding`, async (gpu) => {
    await assertEqualIds(gpu, anyMethod, 100, MODELS.length);
  });

  for (const { title, options } of OTHER_VARIANTS) {
    withGpu(`${title}: 20 decodings by ${what} give the ids of plain decoding`, async (gpu) => {
      await assertEqualIds(gpu, anyMethod, 20, 1);
    }, options);
  }
}
