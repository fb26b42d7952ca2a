/** A prompt that is long enough for the kernels that serve many rows, beside those for any rows. */
import { withGpu } from "../../gpu/with_gpu.ts";
import { tiny } from "../../model/random_model.ts";
import { checkLongPrompt } from "./long_prompts.ts";

const CONFIG = tiny({
  hiddenSize: 64,
  intermediateSize: 128,
  headCount: 6,
  kvHeadCount: 2,
  headDim: 16,
  vocabSize: 50,
  contextLength: 400,
});

withGpu(
  "keys, values and ids of a long prompt are those of rows read a few at a time",
  async (gpu) => {
    await checkLongPrompt(gpu, CONFIG, 310);
  },
);
