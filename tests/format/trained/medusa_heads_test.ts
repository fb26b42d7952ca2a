import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DataError, NoInputError } from "../../../src/format/errors.ts";
import {
  type MedusaHead,
  medusaHeadNames,
  openMedusaHeads,
  writeMedusaHeads,
} from "../../../src/format/trained/medusa_heads.ts";
import { type TensorData, writeSafetensors } from "../../../src/format/safetensors/safetensors.ts";
import { tiny } from "../../model/random_model.ts";
import { randomNormals } from "../../../src/checks/oracles/numbers/random.ts";
import { withFile } from "../support.ts";

const { hiddenSize, vocabSize } = tiny();
const HEADS = [1, 2].map((seed): MedusaHead => ({
  inner: randomNormals(hiddenSize ** 2, seed),
  bias: randomNormals(hiddenSize, seed + 10),
  output: randomNormals(vocabSize * hiddenSize, seed + 20),
}));
const METADATA = {
  format: "foretoken.medusa",
  format_version: "1",
  heads: "1",
  base_fingerprint: "base",
};

function tensorsOf(shapes: { inner: number[]; bias: number[]; output: number[] }): TensorData[] {
  const names = medusaHeadNames(1);
  return (["inner", "bias", "output"] as const).map((part) => ({
    name: names[part],
    dtype: "F16",
    shape: shapes[part],
    data: new Uint8Array(2 * shapes[part].reduce((a, b) => a * b)),
  }));
}

Deno.test("heads are read as they were written, in half precision", async () => {
  await withFile(null, async (path) => {
    await writeMedusaHeads(path, { heads: HEADS, baseFingerprint: "base", training: { seed: 1 } });
    using file = await openMedusaHeads(path, tiny());
    const { metadata } = file.tensors;
    assertEquals([file.heads, metadata.get("training")], [2, '{"seed":1}']);
    for (const [i, head] of HEADS.entries()) {
      const names = medusaHeadNames(i + 1);
      for (const part of ["inner", "bias", "output"] as const) {
        const { byteLength, dtype } = file.tensors.get(names[part]);
        const bytes = await file.tensors.read(names[part], 0, byteLength);
        assertEquals(dtype, "F16");
        assertEquals(new Float16Array(bytes.slice().buffer), Float16Array.from(head[part]));
      }
    }
  });
});

Deno.test("a header that is too long for a few tensors is not read", async () => {
  await withFile(new Uint8Array(new BigUint64Array([BigInt(99_000_000)]).buffer), async (path) => {
    await Deno.truncate(path, 200_000_000);
    const { message } = await assertRejects(() => openMedusaHeads(path, tiny()), DataError);
    assertStringIncludes(message, "header length: found 99000000, expected 2 to 1048576 bytes");
  });
});

Deno.test("a file that does not fit the model gives one line that says why", async () => {
  const shapes = {
    inner: [hiddenSize, hiddenSize],
    bias: [hiddenSize],
    output: [vocabSize, hiddenSize],
  };
  const tensors = tensorsOf(shapes);
  const cases: [Record<string, string>, TensorData[], string][] = [
    [{ format: "foretoken.hidden-transfer" }, tensors, 'expected "foretoken.medusa"'],
    [{ format_version: "2" }, tensors, "use the foretoken that wrote it"],
    [{ base_fingerprint: "" }, tensors, "expected the fingerprint of a model"],
    [{ heads: "0" }, tensors, 'found "0", expected an integer from 1 to 8'],
    [{ heads: "9" }, tensors, 'found "9", expected an integer from 1 to 8'],
    [{ heads: "2" }, tensors, medusaHeadNames(2).inner],
    [{}, tensors.slice(0, 2), medusaHeadNames(1).output],
    [{}, tensorsOf({ ...shapes, bias: [hiddenSize + 8] }), medusaHeadNames(1).bias],
    [{}, tensorsOf({ ...shapes, output: [vocabSize, 8] }), medusaHeadNames(1).output],
  ];
  for (const [metadata, stored, message] of cases) {
    await withFile(null, async (path) => {
      await writeSafetensors(path, stored, { ...METADATA, ...metadata });
      const error = await assertRejects(() => openMedusaHeads(path, tiny()), DataError);
      assertStringIncludes(error.message, path);
      assertStringIncludes(error.message, message);
      assert(!error.message.includes("\n"), error.message);
    });
  }
  await assertRejects(() => openMedusaHeads("/nowhere", tiny()), NoInputError);
});
