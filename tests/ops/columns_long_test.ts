/** All checks of kernels, and a whole model, with products column by column. */
import { assert, assertEquals } from "@std/assert";
import { decodeAll, greedyRequest } from "../../src/bench/runs/greedy.ts";
import { kernelChecks } from "../../src/checks/kernel_checks.ts";
import { createDecoder } from "../../src/decode/decoder.ts";
import { DEMO_FOLDER } from "../../src/engine/demo_folder.ts";
import { ModelFolder } from "../../src/engine/model_folder.ts";
import { COLUMNS, withGpu } from "../gpu/with_gpu.ts";

const { options: OPTIONS } = COLUMNS;

for (const { name, run } of kernelChecks()) {
  withGpu(`products column by column: ${name}`, async (gpu) => {
    const { passed, detail } = await run(gpu);
    assert(passed, detail);
  }, OPTIONS);
}

withGpu(
  "products column by column: a prompt is answered as one read a few rows at a time",
  async (gpu) => {
    using model = await (await ModelFolder.open(DEMO_FOLDER)).loadOn(gpu);
    const prompt = Array.from({ length: 200 }, (_, i) => (7 * i + 3) % model.config.vocabSize);
    const answer = async (prefillChunk: number) => {
      using decoder = createDecoder(model, { prefillChunk });
      return (await decodeAll(decoder, greedyRequest(prompt, 6))).ids;
    };
    assertEquals(await answer(256), await answer(16));
  },
  OPTIONS,
);
