import { assert } from "@std/assert";
import { BATCH_SIZES, SOME_SIZES } from "../../src/checks/invariance.ts";
import { kernelChecks } from "../../src/checks/kernel_checks.ts";
import { IS_SECOND_DRIVER, VARIANTS, withGpu } from "../gpu/with_gpu.ts";

const SIZES = IS_SECOND_DRIVER ? SOME_SIZES : BATCH_SIZES;

for (const { title, options } of VARIANTS) {
  for (const { name, run } of kernelChecks(SIZES)) {
    withGpu(`${title}: ${name}`, async (gpu) => {
      const { passed, detail } = await run(gpu);
      assert(passed, detail);
    }, options);
  }
}
