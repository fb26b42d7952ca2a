import { assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { NoNumberError } from "../../../src/decode/faults.ts";
import { ModelFolder } from "../../../src/engine/model_folder.ts";
import { DataError } from "../../../src/format/errors.ts";
import { Safetensors, writeSafetensors } from "../../../src/format/safetensors/safetensors.ts";
import { requireFiniteWeights } from "../../../src/model/checkpoint/finite_weights.ts";
import { fromFloats } from "../../../src/model/checkpoint/scale_pairs.ts";

/** A small model. */
const MODEL = fromFileUrl(new URL("../../golden/architectures/llama-bias/", import.meta.url));

Deno.test("work that ends without numbers has the damaged tensor as its reason, other work its own", async () => {
  const path = await Deno.makeTempDir();
  for (const name of ["config.json", "model.safetensors"]) {
    await Deno.copyFile(join(MODEL, name), join(path, name));
  }
  const folder = await ModelFolder.open(path);
  const failing = (error: Error) => folder.blamingWeights(() => Promise.reject(error));
  await assertRejects(() => failing(new NoNumberError()), NoNumberError);
  const bytes = await Deno.readFile(join(path, "model.safetensors"));
  bytes.fill(0xff, bytes.length - 64); // The last numbers of the last tensor.
  await Deno.writeFile(join(path, "model.safetensors"), bytes);
  await assertRejects(() => failing(new NoNumberError()), DataError, "expected finite numbers");
  await assertRejects(() => failing(new Error("another")), Error, "another");
  assertEquals(await folder.blamingWeights(() => Promise.resolve(7)), 7);
});

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
