import { assert, assertEquals } from "@std/assert";
import { LossRows } from "../../../src/train/passes/loss_rows.ts";
import { MAX_ROW_TILE } from "../../../src/ops/profiles.ts";
import { withGpu } from "../../gpu/with_gpu.ts";

withGpu("over all chunks, each step of each position comes once", (gpu) => {
  for (const [steps, sequenceLength, logitBytes] of [[1, 9, 0], [3, 50, 0], [4, 33, 2 ** 20]]) {
    for (const loss of ["kl", "ce"] as const) {
      const options = { steps, sequenceLength, loss, batch: 2, vocabularySize: 30, logitBytes };
      using rows = new LossRows(gpu, options);
      const all = rows.chunks.flatMap((chunk) => chunk.rows);
      const named = all.map(({ step, origin }) => (step - 1) * sequenceLength + origin);
      assertEquals(
        named.toSorted((a, b) => a - b),
        Array.from({ length: steps * sequenceLength }, (_, i) => i),
      );
      const end = loss === "kl" ? sequenceLength : sequenceLength - 1;
      for (
        const { chunk, row, index } of rows.chunks.flatMap((chunk) =>
          chunk.rows.map((row, index) => ({ chunk, row, index }))
        )
      ) {
        const position = chunk.firstPosition + index % chunk.positions;
        assertEquals(row.hasLoss, row.origin > 0 && row.origin + row.step < end);
        if (row.hasLoss) assertEquals(row.origin + row.step, position);
      }
      assertEquals([...rows.rowSteps], all.map(({ step, hasLoss }) => hasLoss ? step : 0));
    }
  }
});

withGpu("with some positions as origins, each step of each origin comes once", (gpu) => {
  for (const [steps, sequenceLength, every, logitBytes] of [[4, 48, 4, 0], [4, 46, 2, 2 ** 20]]) {
    const options = { steps, sequenceLength, every, batch: 2, vocabularySize: 30, logitBytes };
    using rows = new LossRows(gpu, { ...options, loss: "kl" });
    const named: string[] = [];
    for (const { rows: some, firstPosition, positions } of rows.chunks) {
      assertEquals(some.length, positions * steps / every);
      some.forEach(({ origin, step, hasLoss }, index) => {
        named.push(`${origin} ${step}`);
        assertEquals(hasLoss, origin > 0 && origin + step < sequenceLength);
        assertEquals((origin + step) % sequenceLength, firstPosition + index % positions);
      });
    }
    const origins = Array.from(
      { length: sequenceLength / every },
      (_, o) => Math.floor((every - 1) / 2) + every * o,
    );
    const expected = origins.flatMap((origin) =>
      Array.from({ length: steps }, (_, i) => `${origin} ${i + 1}`)
    );
    assertEquals(named.toSorted(), expected.toSorted());
  }
});

withGpu("logits take no more memory than they may, however long the text", (gpu) => {
  const [vocabularySize, steps, logitBytes] = [1000, 3, 2 ** 20];
  for (const sequenceLength of [100, 1000]) {
    using rows = new LossRows(gpu, {
      steps,
      sequenceLength,
      loss: "kl",
      batch: 1,
      vocabularySize,
      logitBytes,
    });
    const [{ logits, baseLogits }] = rows.chunks;
    const tile = MAX_ROW_TILE * 4 * vocabularySize;
    assert(logits.size <= logitBytes + tile, `${logits.size} bytes of logits`);
    assert(baseLogits.size <= logitBytes / steps + tile, `${baseLogits.size} bytes of base logits`);
    for (const chunk of rows.chunks) assertEquals(chunk.logits, logits);
  }
});
