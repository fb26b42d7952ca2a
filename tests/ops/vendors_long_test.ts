/** The kernels of GPUs whose vendors have layouts of their own, on any device. */
import { assert } from "@std/assert";
import { kernelChecks } from "../../src/checks/kernel_checks.ts";
import { requestGpu } from "../../src/gpu/request_gpu.ts";
import { VENDOR_LAYOUTS } from "../../src/ops/vendor_layouts.ts";
import { HARDWARE } from "../gpu/with_gpu.ts";

/** A row alone, and in batches that take tiles of every size. */
const SIZES = [1, 5, 9, 64];

/** What layouts of vendors say. */
const CONCERNED = /product|attention|experts|gated|residual/;

for (const vendor of VENDOR_LAYOUTS.keys()) {
  Deno.test(`vendor ${vendor.toString(16)}: its kernels pass the checks`, async (t) => {
    using gpu = await requestGpu(HARDWARE.options);
    Object.assign(gpu, { info: { vendor: `${vendor}` } });
    for (const { name, run } of kernelChecks(SIZES).filter(({ name }) => CONCERNED.test(name))) {
      await t.step(name, async () => {
        const { passed, detail } = await run(gpu);
        assert(passed, detail);
      });
    }
  });
}
