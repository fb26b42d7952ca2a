/** The demo model says the same with drafts and without: all prompts of `bench`. */
import { withGpu } from "../../gpu/with_gpu.ts";
import { checkOwnMaps } from "./drafted_demo_model.ts";

withGpu("all prompts, each with another tree", async (gpu) => {
  await checkOwnMaps(gpu, 1, 64);
});
