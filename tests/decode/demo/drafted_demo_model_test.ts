/** The demo model says the same with drafts and without, over all domains. */
import { createMaps } from "../../draft/random_maps.ts";
import { IS_SECOND_DRIVER, withGpu } from "../../gpu/with_gpu.ts";
import { demoModel } from "../../model/demo_model.ts";
import { checkOwnMaps, checkPrompts } from "./drafted_demo_model.ts";

withGpu("prompts of all domains, each with another tree", async (gpu) => {
  await (IS_SECOND_DRIVER ? checkOwnMaps(gpu, 15, 16) : checkOwnMaps(gpu, 5, 64));
});

withGpu("maps that know nothing change nothing", async (gpu) => {
  using model = await demoModel(gpu);
  using maps = createMaps(gpu, model.config.hiddenSize, [4, 5, 6], "random");
  await (IS_SECOND_DRIVER ? checkPrompts(model, maps, 30, 16) : checkPrompts(model, maps, 7, 32));
});
