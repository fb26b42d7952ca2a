/** Every architecture says the same with drafts of every method as without. */
import { join } from "@std/path";
import { withGpu } from "../gpu/with_gpu.ts";
import { assertDraftsChangeNothing } from "./architecture_drafting.ts";
import { goldenCases, GOLDENS, KINDS } from "./architecture_goldens.ts";

for (const kind of KINDS) {
  withGpu(`${kind} says the same with drafts of every method`, async (gpu) => {
    const folder = join(GOLDENS, kind);
    await assertDraftsChangeNothing(gpu, folder, await goldenCases(folder), true);
  });
}
