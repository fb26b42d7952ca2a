import { assertEquals } from "@std/assert";
import type { Transformer } from "../../../src/model/transformer.ts";
import { PseudoRows } from "../../../src/train/hidden_transfer/pseudo_rows.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../../model/random_model.ts";
import { originRows } from "./origin_rows.ts";

const LENGTH = 12;
const LAYERS = [0, 0, 1];

/** Position, slot, prefix and visible ancestors of the rows that pass a layer. */
async function rowsPassing(pseudo: PseudoRows, layer: number, model: Transformer) {
  const { batch, rowCount } = pseudo.passing(layer);
  const words = new Uint32Array(await model.gpu.read(batch.rows));
  const ancestors = new Uint32Array(await model.gpu.read(batch.ancestors));
  assertEquals(words[0], rowCount);
  return Array.from({ length: rowCount }, (_, r) => {
    const [, position, slot, prefix] = words.subarray(1 + 4 * r, 5 + 4 * r);
    const first = r * batch.ancestorRoom;
    const seen = [...ancestors.subarray(first, first + position - prefix + 1)];
    return { position, prefix, slot, ancestors: seen };
  });
}

withGpu(
  "rows see the text up to their origin, and those of the same origin before them",
  async (gpu) => {
    using random = await randomModel(gpu, tiny(), ["F32"]);
    const model = random.model;
    using pseudo = new PseudoRows(model, LAYERS, { sequenceLength: LENGTH });
    assertEquals(pseudo.enteringAt(0), [1, 2]);
    assertEquals(pseudo.enteringAt(1), [3]);
    assertEquals(await rowsPassing(pseudo, 0, model), originRows(LENGTH, 2));
    assertEquals(await rowsPassing(pseudo, 1, model), originRows(LENGTH, 3));
  },
);

withGpu("rows beyond the context stay inside it and see themselves", async (gpu) => {
  using random = await randomModel(gpu, tiny({ contextLength: LENGTH }), ["F32"]);
  const model = random.model;
  using pseudo = new PseudoRows(model, LAYERS, { sequenceLength: LENGTH });
  const expected = originRows(LENGTH, 3).map((row) => {
    const position = Math.min(row.position, LENGTH - 1);
    return { ...row, position, prefix: position + 1 - row.ancestors.length };
  });
  assertEquals(await rowsPassing(pseudo, 1, model), expected);
});
