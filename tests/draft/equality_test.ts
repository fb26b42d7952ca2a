/** Whatever a method drafts, the text is that of plain decoding. */
import { MODELS } from "../decode/random_decodings.ts";
import { OWN, withGpu } from "../gpu/with_gpu.ts";
import { assertEqualIds } from "./equality.ts";
import { ANY_METHODS } from "./random_methods.ts";

const [runs, modelCount] = OWN.isThorough ? [40, MODELS.length] : [20, 1];

for (const [what, anyMethod] of Object.entries(ANY_METHODS)) {
  withGpu(`${runs} decodings by ${what} give the ids of plain decoding`, async (gpu) => {
    await assertEqualIds(gpu, anyMethod, runs, modelCount);
  });
}
