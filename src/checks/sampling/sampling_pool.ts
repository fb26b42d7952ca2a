import { chooseCandidates, filterLogits, writeText } from "../../ops/choose.ts";
import { outputStride } from "../../ops/products/matmul.ts";
import { textRow, writeRows } from "../../ops/rows.ts";
import { gatherRows, POOL_SIZE, type PooledKernel } from "../invariance.ts";
import { randomIntegers, randomNormals } from "../oracles/numbers/random.ts";
import type { Sampling } from "../oracles/sampling.ts";
import type { Workspace } from "../workspace.ts";
import { candidatesPerRow } from "./sampling_run.ts";

/** Rows of logits, filtered and chosen from. */
export function samplingPool(
  workspace: Workspace,
  vocabularySize: number,
  settings: Sampling,
): PooledKernel {
  const { gpu } = workspace;
  const stride = outputStride(vocabularySize);
  const poolLogits = randomNormals(POOL_SIZE * stride, 1, 3);
  const positions = randomIntegers(POOL_SIZE, 2, 2 ** 20);
  const batch = workspace.batch([], POOL_SIZE);
  const logits = workspace.words("logits", POOL_SIZE * stride);
  const buffers = workspace.choice(POOL_SIZE, vocabularySize);
  writeText(gpu, buffers, { sampling: settings, ids: randomIntegers(20, 3, vocabularySize) });
  const candidateBytes = 8 * candidatesPerRow(buffers, POOL_SIZE);
  return {
    label: `filter and choose, vocabulary ${vocabularySize}`,
    queue(members) {
      writeRows(gpu, batch, members.map((member) => textRow(0, positions[member])));
      gpu.write(logits, 0, gatherRows(poolLogits, stride, members));
      const inputs = { batch, rowCount: members.length, logits, buffers };
      workspace.run(filterLogits(gpu, inputs), chooseCandidates(gpu, inputs));
      return [
        { buffer: buffers.thresholds, bytesPerRow: 4 },
        { buffer: buffers.candidates, bytesPerRow: candidateBytes },
      ];
    },
  };
}
