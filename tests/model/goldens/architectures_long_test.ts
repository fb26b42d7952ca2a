/** Every architecture says the same with drafts of every method, and the same with other kernels. */
import { join } from "@std/path";
import { OTHER_VARIANTS, withGpu } from "../../gpu/with_gpu.ts";
import { assertDraftsChangeNothing } from "./architecture_drafting.ts";
import { assertGolden, goldenCases, GOLDENS, KINDS } from "./architecture_goldens.ts";

/** Kinds with norms that products of few rows add to the stream, or make, on their way. */
const JOINED = ["gemma3", "starcoder2"];

for (const kind of KINDS) {
  const folder = join(GOLDENS, kind);

  withGpu(`${kind} says the same with drafts of every method`, async (gpu) => {
    await assertDraftsChangeNothing(gpu, folder, await goldenCases(folder), { everyMethod: true });
  });

  for (const { title, options } of OTHER_VARIANTS) {
    withGpu(`${title}: ${kind} has the library's logits and ids`, async (gpu) => {
      await assertGolden(gpu, folder, await goldenCases(folder));
    }, options);
  }
}

for (const { title, options } of OTHER_VARIANTS) {
  for (const kind of JOINED) {
    withGpu(`${title}: ${kind} says the same with drafts of every method`, async (gpu) => {
      const folder = join(GOLDENS, kind);
      await assertDraftsChangeNothing(gpu, folder, await goldenCases(folder), {
        everyMethod: true,
      });
    }, options);
  }
}
