/** Quantised checkpoints of every format say the same with drafts of every method as without. */
import { fromFileUrl, join } from "@std/path";
import { withGpu } from "../../gpu/with_gpu.ts";
import { assertDraftsChangeNothing } from "./architecture_drafting.ts";
import { goldenCases } from "./architecture_goldens.ts";

const GOLDENS = fromFileUrl(new URL("../../golden/quantised", import.meta.url));

for (const { name: kind } of Deno.readDirSync(GOLDENS)) {
  withGpu(`${kind} says the same with drafts of every method`, async (gpu) => {
    const folder = join(GOLDENS, kind);
    await assertDraftsChangeNothing(gpu, folder, await goldenCases(folder), { everyMethod: true });
  });
}
