import { assert } from "@std/assert";
import { kernelChecks } from "../../src/checks/kernel_checks.ts";
import { VARIANTS, withGpu } from "../gpu/with_gpu.ts";

for (const { title, options } of VARIANTS) {
  for (const { name, run } of kernelChecks()) {
    withGpu(`${title}: ${name}`, async (gpu) => {
      const { passed, detail } = await run(gpu);
      assert(passed, detail);
    }, options);
  }
}
