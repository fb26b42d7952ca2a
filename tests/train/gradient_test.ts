import { SHORT_VARIANTS, withGpu } from "../gpu/with_gpu.ts";
import { TRIED_ARCHITECTURES } from "../model/tiny_architectures.ts";
import { assertGradient, caseOf, LLAMA_CASES } from "./gradient_cases.ts";

const CASES = [...LLAMA_CASES, ...TRIED_ARCHITECTURES.map(caseOf)];

/** Two ways to put the kernels together, each of which is proved by itself; the long tests try all. */
const FEW = CASES.filter(({ title }) => /chosen token|Gemma3/.test(title));

for (const { title: variant, options, isOwn } of SHORT_VARIANTS) {
  for (const one of isOwn ? CASES : FEW) {
    withGpu(
      `the loss and its gradient are those of the definition: ${one.title}, ${variant}`,
      async (gpu) => await assertGradient(gpu, one),
      options,
    );
  }
}
