/** A row has the same bits in batches of every size. */
import { checkRowInvariance } from "../../src/checks/invariance.ts";
import { Workspace } from "../../src/checks/workspace.ts";
import { VARIANTS } from "../gpu/with_gpu.ts";
import { POOLS, sweep } from "./sweep.ts";

/** From 2 to 64. */
const EVERY_SIZE = Array.from({ length: 63 }, (_, i) => i + 2);

for (const { title, options } of VARIANTS) {
  for (const [pool, makePool] of Object.entries(POOLS)) {
    sweep(`${title}: ${pool} gives a row the same bits in any batch`, async (gpu, findings) => {
      using workspace = new Workspace(gpu);
      await checkRowInvariance(gpu, makePool(workspace), EVERY_SIZE, findings);
    }, options);
  }
}
