/** A prompt of 32,768 tokens on two layers with the sizes of SmolLM2-135M. */
import { withGpu } from "../gpu/with_gpu.ts";
import { tiny } from "../model/random_model.ts";
import { checkLongPrompt } from "./long_prompts.ts";

const LENGTH = 32768;

withGpu(
  "keys, values and ids after 32,768 tokens are those of rows read a few at a time",
  async (gpu) => {
    const config = tiny({
      hiddenSize: 576,
      intermediateSize: 1536,
      headCount: 9,
      kvHeadCount: 3,
      headDim: 64,
      vocabSize: 500,
      ropeTheta: 100000,
      contextLength: LENGTH + 8,
    });
    await checkLongPrompt(gpu, config, LENGTH);
  },
);
