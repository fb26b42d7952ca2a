/** Text that was sampled with drafts follows the model's own distribution. */
import { IS_SECOND_DRIVER, withGpu } from "../gpu/with_gpu.ts";
import { assertDistribution, SETTINGS } from "./distribution.ts";

/** The second driver tells what it has to tell with every filter at once. */
const TRIED = IS_SECOND_DRIVER ? SETTINGS.slice(1) : SETTINGS;

for (const settings of TRIED) {
  withGpu(`drafted samples follow the distribution, ${JSON.stringify(settings)}`, async (gpu) => {
    await assertDistribution(gpu, settings, 2_000);
  });
}
