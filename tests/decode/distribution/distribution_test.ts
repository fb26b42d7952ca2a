/** Text that was sampled with drafts follows the model's own distribution. */
import { IS_SECOND_DRIVER, withGpu } from "../../gpu/with_gpu.ts";
import { assertDistribution, SETTINGS } from "./distribution.ts";

/**
 * On the second driver this follows from two things that are tested there: the kernels draw what the
 * oracle draws, and drafted ids are those of plain decoding.
 */
const TRIED = IS_SECOND_DRIVER ? [] : SETTINGS;

for (const settings of TRIED) {
  withGpu(`drafted samples follow the distribution, ${JSON.stringify(settings)}`, async (gpu) => {
    await assertDistribution(gpu, settings, 2_000);
  });
}
