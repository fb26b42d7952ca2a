import { withGpu } from "../../gpu/with_gpu.ts";
import { isTrained, TRIED_ARCHITECTURES } from "../../model/goldens/tiny_architectures.ts";
import { assertGradient, caseOf, LLAMA_CASES } from "./gradient_cases.ts";

const CASES = [...LLAMA_CASES, ...TRIED_ARCHITECTURES.filter(isTrained).map(caseOf)];

/** The long tests try all with the kernels of other devices. */
for (const one of CASES) {
  withGpu(`the loss and its gradient are those of the definition: ${one.title}`, async (gpu) => {
    await assertGradient(gpu, one);
  });
}
