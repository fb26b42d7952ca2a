/** Properties of the safetensors reader over random files, good and damaged. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import * as fc from "fast-check";
import { DataError } from "../../../src/format/errors.ts";
import {
  encodeSafetensors,
  Safetensors,
  type TensorData,
} from "../../../src/format/safetensors/safetensors.ts";
import { withFolder } from "../support.ts";

/** Any tensor of up to three small dimensions. */
const anyTensor: fc.Arbitrary<TensorData> = fc.record({
  name: fc.string({ unit: "binary", maxLength: 12 }).filter((name) => name !== "__metadata__"),
  dtype: fc.constantFrom("F32", "F16", "BF16"),
  shape: fc.array(fc.nat({ max: 3 }), { maxLength: 3 }),
}).chain(({ name, dtype, shape }) => {
  const length = shape.reduce((product, size) => product * size, dtype === "F32" ? 4 : 2);
  return fc.uint8Array({ minLength: length, maxLength: length })
    .map((data) => ({ name, dtype, shape, data }) as TensorData);
});

const anyTensors = fc.uniqueArray(anyTensor, { selector: ({ name }) => name, maxLength: 6 });

/** Lone surrogates have no UTF-8 and come back as U+FFFD, so they are left out. */
const anyMetadata = fc.array(
  fc.tuple(fc.string({ unit: "binary", maxLength: 8 }), fc.string({ unit: "binary" })),
  { maxLength: 4 },
).map((entries) => new Map(entries));

Deno.test("any tensors and metadata come back as they were encoded", async () => {
  await withFolder({}, async (folder) => {
    const path = join(folder, "x.safetensors");
    await fc.assert(
      fc.asyncProperty(anyTensors, anyMetadata, async (tensors, metadata) => {
        await Deno.writeFile(path, encodeSafetensors(tensors, metadata));
        using weights = await Safetensors.openFile(path);
        assertEquals(weights.tensors.size, tensors.length);
        assertEquals(new Map(weights.metadata), metadata);
        for (const { name, dtype, shape, data } of tensors) {
          assertEquals(weights.get(name, shape).dtype, dtype);
          assertEquals(await weights.read(name, 0, data.length), data);
        }
      }),
      { numRuns: 200 },
    );
  });
});

/** One change of a file: a byte or a run replaced, something cut out or put in. */
const anyMutation = fc.record({
  at: fc.nat(),
  remove: fc.nat({ max: 12 }),
  insert: fc.oneof(
    fc.uint8Array({ maxLength: 8 }),
    fc.constantFrom('"', "{", "}", "[", "]", ",", ":", "-", "9", "0", "e9", "null", '"b":', "\\")
      .map((text) => new TextEncoder().encode(text)),
  ),
});

function mutate(bytes: Uint8Array, { at, remove, insert }: {
  at: number;
  remove: number;
  insert: Uint8Array;
}): Uint8Array {
  const start = at % (bytes.length + 1);
  return Uint8Array.of(...bytes.subarray(0, start), ...insert, ...bytes.subarray(start + remove));
}

Deno.test("a damaged file opens or gives a DataError, and what opens can be read", async () => {
  const good = encodeSafetensors([
    { name: "a", dtype: "F32", shape: [2, 2], data: new Uint8Array(16) },
    { name: "b", dtype: "F16", shape: [3], data: new Uint8Array(6) },
  ], { format: "pt" });
  const mutations = fc.array(anyMutation, { minLength: 1, maxLength: 3 });
  let refused = 0;
  await withFolder({}, async (folder) => {
    const path = join(folder, "x.safetensors");
    await fc.assert(
      fc.asyncProperty(mutations, async (changes) => {
        await Deno.writeFile(path, changes.reduce(mutate, good));
        try {
          using weights = await Safetensors.openFile(path);
          for (const { name, shape, dtype, byteLength } of weights.tensors.values()) {
            const elements = shape.reduce((product, size) => product * size, 1);
            assertEquals(byteLength, elements * (dtype === "F32" ? 4 : 2));
            assertEquals((await weights.read(name, 0, byteLength)).length, byteLength);
          }
        } catch (error) {
          assert(error instanceof DataError, `another error: ${error}`);
          assert(!error.message.includes("\n") && error.message.startsWith(path), error.message);
          refused++;
        }
      }),
      { numRuns: 1000 },
    );
  });
  assert(refused > 100, `only ${refused} of 1000 damaged files were refused`);
});
