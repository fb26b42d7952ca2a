/** Text that was sampled with drafts follows the model's own distribution: many samples. */
import { withGpu } from "../../gpu/with_gpu.ts";
import { assertDistribution, SETTINGS } from "./distribution.ts";

for (const settings of SETTINGS) {
  withGpu(
    `10,000 drafted samples follow the distribution, ${JSON.stringify(settings)}`,
    async (gpu) => {
      await assertDistribution(gpu, settings, 10_000);
    },
  );
}
