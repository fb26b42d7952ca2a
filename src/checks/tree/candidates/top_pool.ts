import { findTop } from "../../../ops/tree/top.ts";
import { outputStride } from "../../../ops/products/matmul.ts";
import { textRow, writeRows } from "../../../ops/rows.ts";
import { gatherRows, POOL_SIZE, type PooledKernel } from "../../invariance.ts";
import { randomNormals } from "../../oracles/numbers/random.ts";
import type { Workspace } from "../../workspace.ts";

/** Rows of logits whose most probable tokens are found. */
export function topPool(
  workspace: Workspace,
  vocabularySize: number,
  ranks: number,
): PooledKernel {
  const { gpu } = workspace;
  const stride = outputStride(vocabularySize);
  const poolLogits = randomNormals(POOL_SIZE * stride, 1, 3);
  const batch = workspace.batch([], POOL_SIZE);
  const logits = workspace.words("logits", POOL_SIZE * stride);
  const top = workspace.top({ rows: POOL_SIZE, ranks, vocabularySize });
  return {
    label: `top ${ranks} of ${vocabularySize}`,
    queue(members) {
      writeRows(gpu, batch, members.map(() => textRow(0, 0)));
      gpu.write(logits, 0, gatherRows(poolLogits, stride, members));
      workspace.run(findTop(gpu, batch, logits, top));
      return [
        { buffer: top.candidates, bytesPerRow: 8 * top.chunks * top.ranks },
        { buffer: top.masses, bytesPerRow: 8 * top.chunks },
      ];
    },
  };
}
