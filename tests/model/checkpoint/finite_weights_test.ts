import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DataError } from "../../../src/format/errors.ts";
import { Safetensors, writeSafetensors } from "../../../src/format/safetensors/safetensors.ts";
import { requireFiniteWeights } from "../../../src/model/checkpoint/finite_weights.ts";
import { fromFloats } from "../../../src/model/checkpoint/scale_pairs.ts";

/** More numbers than are looked at together. */
const LONG = 2 ** 16 + 8;

Deno.test("the first tensor with a number that is none is named, wherever the number stands", async () => {
  const path = join(await Deno.makeTempDir(), "weights.safetensors");
  const check = async (wrong: number | null, format: "F32" | "F16" | "BF16") => {
    const numbers = new Float32Array(LONG).fill(1.5);
    if (wrong !== null) numbers[LONG - 1] = wrong;
    await writeSafetensors(path, [
      { name: "a.sound", dtype: "F32", shape: [8], data: fromFloats(new Float32Array(8), "F32") },
      { name: "c.long", dtype: format, shape: [LONG], data: fromFloats(numbers, format) },
    ]);
    using tensors = await Safetensors.openFile(path, "weights");
    await requireFiniteWeights(tensors);
  };
  for (const format of ["F32", "F16", "BF16"] as const) {
    for (const wrong of [NaN, -Infinity]) {
      const error = await assertRejects(() => check(wrong, format), DataError);
      assertEquals(
        error.message,
        `${path}: tensor "c.long": found ${wrong}, expected finite numbers; ` +
          "the file is damaged: get it again",
      );
    }
  }
  await check(null, "BF16");
});
