import { assert, assertEquals } from "@std/assert";
import { Workspace } from "../../../src/checks/workspace.ts";
import { outputStride } from "../../../src/ops/products/matmul.ts";
import { distillationLoss, NO_LOGIT, RESULT } from "../../../src/ops/train/loss.ts";
import { VARIANTS, withGpu } from "../../gpu/with_gpu.ts";
import { randomIntegers, randomNormals } from "../../../src/checks/oracles/numbers/random.ts";
import { assertClose } from "../assert_close.ts";
import { rowLoss, rowLossGradient } from "./backward_oracles.ts";

/** Rows of the loss, and where they begin among others; a row without a loss is among them. */
const [BASE_ROWS, ROWS, FIRST, FIRST_BASE] = [5, 15, 3, 2];
const WITHOUT_LOSS = 4;
/** A base row whose next token has no logit. */
const WITHOUT_NEXT = 3;

for (const { title, options } of VARIANTS) {
  for (const loss of ["kl", "ce"] as const) {
    withGpu(`${title}: losses, their gradients and ranks, ${loss}`, async (gpu) => {
      for (const vocabularySize of [6, 70, 1001]) {
        using workspace = new Workspace(gpu);
        const stride = outputStride(vocabularySize);
        const logits = randomNormals(ROWS * stride, 1, 3);
        const base = randomNormals(BASE_ROWS * stride, 2, 3);
        // Two tokens that are the most probable of a base row, and a row that finds all alike.
        base[stride + 2] = base[stride + 4] = 20;
        logits.fill(0.5, stride, 2 * stride);
        const nextTokens = randomIntegers(FIRST_BASE + BASE_ROWS, 3, vocabularySize);
        nextTokens[FIRST_BASE + WITHOUT_NEXT] = NO_LOGIT;
        const weights = randomNormals(FIRST + ROWS, 4);
        weights[FIRST + WITHOUT_LOSS] = 0;
        const buffer = workspace.upload("logits", logits);
        const results = workspace.words("results", RESULT.byteLength() / 4 * (FIRST + ROWS));
        workspace.run(distillationLoss(gpu, {
          loss,
          rowCount: ROWS,
          baseRows: BASE_ROWS,
          vocabularySize,
          logits: buffer,
          base: workspace.upload("base", base),
          nextTokens: workspace.upload("next tokens", Uint32Array.from(nextTokens)),
          weights: workspace.upload("weights", weights),
          results,
          first: FIRST,
          firstBase: FIRST_BASE,
        }));

        const found = await gpu.readFloats(buffer);
        const rowResults = RESULT.unpackAll(await gpu.readWords(results)).slice(FIRST);
        const losses = rowResults.slice(0, ROWS).map(({ loss }) => loss);
        const expectedLosses: number[] = [];
        for (let row = 0; row < ROWS; row++) {
          const { rank } = rowResults[row];
          const own = logits.subarray(row * stride, row * stride + vocabularySize);
          const gradient = found.subarray(row * stride, (row + 1) * stride);
          const baseRow = row % BASE_ROWS;
          const bases = base.subarray(baseRow * stride, baseRow * stride + vocabularySize);
          assertEquals(gradient.subarray(vocabularySize).every((value) => value === 0), true);
          const isMissing = loss === "ce" && baseRow === WITHOUT_NEXT;
          if (row === WITHOUT_LOSS || isMissing) {
            expectedLosses.push(0);
            assert(gradient.every((value) => value === 0));
            assertEquals(rank, isMissing ? vocabularySize : 0);
            continue;
          }
          const target = loss === "kl"
            ? { base: bases }
            : { next: nextTokens[FIRST_BASE + baseRow] };
          expectedLosses.push(rowLoss(own, target));
          const weighted = rowLossGradient(own, target).map((g) => g * weights[FIRST + row]);
          assertClose(gradient.subarray(0, vocabularySize), weighted, {
            what: `gradient of row ${row}`,
            terms: vocabularySize,
            scale: Math.abs(weights[FIRST + row]), // A difference of probabilities.
          });
          const best = bases.indexOf(Math.max(...bases));
          const isBefore = (x: number, token: number) =>
            x > own[best] || (x === own[best] && token < best);
          assertEquals(rank, own.filter(isBefore).length, `rank of row ${row}`);
        }
        assertClose(Float64Array.from(losses), Float64Array.from(expectedLosses), {
          what: "losses",
          terms: vocabularySize,
        });
      }
    }, options);
  }
}
