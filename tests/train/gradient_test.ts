import { VARIANTS, withGpu } from "../gpu/with_gpu.ts";
import { DISTINCT_ARCHITECTURES, TRIED_ARCHITECTURES } from "../model/tiny_architectures.ts";
import { assertGradient, caseOf, LLAMA_CASES } from "./gradient_cases.ts";

for (const { title: variant, options, isThorough } of VARIANTS) {
  // The long tests try each with all.
  const architectures = isThorough ? TRIED_ARCHITECTURES : DISTINCT_ARCHITECTURES;
  for (const one of [...LLAMA_CASES, ...architectures.map(caseOf)]) {
    withGpu(
      `the loss and its gradient are those of the definition: ${one.title}, ${variant}`,
      async (gpu) => await assertGradient(gpu, one),
      options,
    );
  }
}
