import { IS_SECOND_DRIVER, VARIANTS, withGpu } from "../gpu/with_gpu.ts";
import { DISTINCT_ARCHITECTURES, TRIED_ARCHITECTURES } from "../model/tiny_architectures.ts";
import { assertGradient, caseOf, LLAMA_CASES } from "./gradient_cases.ts";

for (const { title: variant, options, isOwn, isThorough } of VARIANTS) {
  // The long tests try each with all.
  const architectures = isThorough ? TRIED_ARCHITECTURES : DISTINCT_ARCHITECTURES;
  const all = [...LLAMA_CASES, ...architectures.map(caseOf)];
  // Each kernel of the way back is proved by itself, too; here they are put together in two ways.
  const isSlow = IS_SECOND_DRIVER && !isOwn;
  for (const one of isSlow ? all.filter(({ title }) => /chosen token|Gemma3/.test(title)) : all) {
    withGpu(
      `the loss and its gradient are those of the definition: ${one.title}, ${variant}`,
      async (gpu) => await assertGradient(gpu, one),
      options,
    );
  }
}
