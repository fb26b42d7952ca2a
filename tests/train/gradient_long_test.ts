/** Gradients through the architectures that the short tests leave to the device's own kernels. */
import { VARIANTS, withGpu } from "../gpu/with_gpu.ts";
import { OTHER_ARCHITECTURES } from "../model/tiny_architectures.ts";
import { assertGradient, caseOf } from "./gradient_cases.ts";

for (const { title: variant, options } of VARIANTS.filter(({ isThorough }) => !isThorough)) {
  for (const config of OTHER_ARCHITECTURES) {
    withGpu(
      `the loss and its gradient are those of the definition: ${config.architecture}, ${variant}`,
      async (gpu) => await assertGradient(gpu, caseOf(config)),
      options,
    );
  }
}
