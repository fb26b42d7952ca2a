/** Whatever a method drafts, the text is that of plain decoding. */
import { IS_SECOND_DRIVER, withGpu } from "../../gpu/with_gpu.ts";
import { assertEqualIds } from "./equality.ts";
import { ANY_METHODS } from "../random_methods.ts";

/** The long tests, which the second driver has none of, try more. */
const [runs, modelCount] = IS_SECOND_DRIVER ? [20, 1] : [30, 2];

for (const [what, anyMethod] of Object.entries(ANY_METHODS)) {
  withGpu(`${runs} decodings by ${what} give the ids of plain decoding`, async (gpu) => {
    await assertEqualIds(gpu, anyMethod, runs, modelCount);
  });
}
