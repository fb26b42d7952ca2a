import { assert } from "@std/assert";
import { kernelChecks } from "../../src/checks/kernel_checks.ts";
import { requestGpu } from "../../src/gpu/request_gpu.ts";
import { reorderKernels } from "../gpu/lane_order.ts";
import { HARDWARE } from "../gpu/with_gpu.ts";

/** A row alone, and in batches that take a tile and several. */
const SIZES = [1, 5, 64];

Deno.test(`${HARDWARE.title} give the same in another order of lanes`, async (t) => {
  using gpu = await requestGpu(HARDWARE.options);
  reorderKernels(gpu);
  for (const { name, run } of kernelChecks(SIZES)) {
    await t.step(name, async () => {
      const { passed, detail } = await run(gpu);
      assert(passed, detail);
    });
  }
});
