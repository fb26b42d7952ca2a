/** Gradients with kernels that are not the device's own. */
import { OTHER_VARIANTS, withGpu } from "../../gpu/with_gpu.ts";
import { isTrained, TINY_ARCHITECTURES } from "../../model/goldens/tiny_architectures.ts";
import { assertGradient, caseOf, LLAMA_CASES } from "./gradient_cases.ts";

for (const { title: variant, options } of OTHER_VARIANTS) {
  for (const one of [...LLAMA_CASES, ...TINY_ARCHITECTURES.filter(isTrained).map(caseOf)]) {
    withGpu(
      `the loss and its gradient are those of the definition: ${one.title}, ${variant}`,
      async (gpu) => await assertGradient(gpu, one),
      options,
    );
  }
}
