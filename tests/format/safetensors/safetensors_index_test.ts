/** Models in shards: the index and the shards have to agree, and the index stays in its folder. */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DataError, NoInputError } from "../../../src/format/errors.ts";
import {
  encodeSafetensors,
  Safetensors,
  type TensorData,
} from "../../../src/format/safetensors/safetensors.ts";
import { assertFails, type Contents, NO_LEAKS, withFolder } from "../support.ts";

const INDEX = "model.safetensors.index.json";
const FIRST = "model-00001-of-00002.safetensors";
const SECOND = "model-00002-of-00002.safetensors";

function tensor(name: string, value: number): TensorData {
  return { name, dtype: "F16", shape: [2], data: new Uint8Array(4).fill(value) };
}

/** Two good shards beside an index. */
function shards(index: Contents): Record<string, Contents> {
  return {
    [INDEX]: index,
    [FIRST]: encodeSafetensors([tensor("a", 1), tensor("b", 2)], { format: "pt" }),
    [SECOND]: encodeSafetensors([tensor("c", 3), tensor("unused", 4)]),
  };
}

const GOOD = { metadata: { total_size: 12 }, weight_map: { a: FIRST, b: FIRST, c: SECOND } };

Deno.test("tensors are read from the shard that the index names", async () => {
  await withFolder(shards(GOOD), async (folder) => {
    using weights = await Safetensors.open(folder);
    assertEquals([...weights.tensors.keys()], ["a", "b", "c"]);
    assertEquals(weights.fileOf("b"), join(folder, FIRST));
    assertEquals(weights.fileOf("c"), join(folder, SECOND));
    assertEquals(await weights.read("c", 1, 2), Uint8Array.of(3, 3));
    assertEquals(weights.metadata.get("format"), "pt");
  });
});

Deno.test("dispose closes every shard", NO_LEAKS, async () => {
  await withFolder(shards(GOOD), async (folder) => {
    const weights = await Safetensors.open(folder);
    weights[Symbol.dispose]();
    for (const name of ["a", "c"]) {
      await assertRejects(() => weights.read(name, 0, 4), Deno.errors.BadResource);
    }
  });
});

Deno.test("model.safetensors wins over an index", async () => {
  const files = { ...shards("broken"), "model.safetensors": encodeSafetensors([tensor("x", 9)]) };
  await withFolder(files, async (folder) => {
    using weights = await Safetensors.open(folder);
    assertEquals([...weights.tensors.keys()], ["x"]);
  });
});

Deno.test("an index that is larger than any model needs is not read", async () => {
  await withFolder({}, async (folder) => {
    const path = join(folder, INDEX);
    await Deno.writeFile(path, new Uint8Array(0));
    await Deno.truncate(path, 10 * 2 ** 30);
    const parts = [path, "found 10737418240 bytes", "expected at most 67108864"];
    await assertFails(() => Safetensors.open(folder), DataError, parts);
  });
});

const FAR = "../model-00001-of-00002.safetensors";
const NAMED = 'key "weight_map", tensor "a"';
const PLAIN = "the plain name of a .safetensors file";

/** What is wrong, the index, and the parts of the message in order. */
const CASES: [string, Contents, string[]][] = [
  ["half of it", "{", [INDEX, "is not valid JSON: ", "get it again"]],
  ["a list", "[]", [INDEX, "found []", "a JSON object"]],
  ["no weight map", { metadata: {} }, [INDEX, 'key "weight_map"', "found nothing", "an object"]],
  ["a weight map that is a list", { weight_map: [] }, [INDEX, "found []", "an object from"]],
  ["an empty weight map", { weight_map: {} }, [INDEX, "found 0 shards", "1 to 512 shards"]],
  ["a number as file name", { weight_map: { a: 1 } }, [INDEX, NAMED, "found 1", PLAIN]],
  ["a way up", { weight_map: { a: FAR } }, [INDEX, NAMED, `found "${FAR}"`, PLAIN]],
  [
    "an absolute path",
    { weight_map: { a: "/etc/model.safetensors" } },
    [INDEX, NAMED, 'found "/etc/model.safetensors"', PLAIN],
  ],
  [
    "a folder below",
    { weight_map: { a: "x/model.safetensors" } },
    [INDEX, NAMED, 'found "x/model.safetensors"', PLAIN],
  ],
  [
    "a Windows path",
    { weight_map: { a: "C:\\model.safetensors" } },
    [INDEX, NAMED, 'found "C:', PLAIN],
  ],
  ["another kind of file", { weight_map: { a: "a.bin" } }, [INDEX, NAMED, 'found "a.bin"', PLAIN]],
  ["no name", { weight_map: { a: ".safetensors" } }, [INDEX, NAMED, PLAIN]],
  [
    "a tensor twice",
    `{"weight_map":{"a":"${FIRST}","a":"${SECOND}"}}`,
    [INDEX, 'the key "a" twice', "every key once"],
  ],
  [
    "a tensor that is not in its shard",
    { weight_map: { a: FIRST, c: FIRST } },
    [INDEX, 'tensor "c"', "found no such tensor in", FIRST, "the shard that holds it"],
  ],
  [
    "more shards than can be kept open",
    {
      weight_map: Object.fromEntries(
        Array.from({ length: 513 }, (_, i) => [i, `m${i}.safetensors`]),
      ),
    },
    [INDEX, "found 513 shards", "1 to 512 shards"],
  ],
];

for (const [fault, index, parts] of CASES) {
  Deno.test(`an index with ${fault} is refused in one line`, NO_LEAKS, async () => {
    await withFolder(shards(index), async (folder) => {
      await assertFails(() => Safetensors.open(folder), DataError, parts);
    });
  });
}

Deno.test("a tensor in two shards is refused, whichever the index names", NO_LEAKS, async () => {
  const files = { ...shards(GOOD), [SECOND]: encodeSafetensors([tensor("c", 3), tensor("a", 9)]) };
  await withFolder(files, async (folder) => {
    const parts = [join(folder, SECOND), 'tensor "a"', FIRST, "every tensor in one shard"];
    await assertFails(() => Safetensors.open(folder), DataError, parts);
  });
});

Deno.test("a missing shard is a missing file, a broken one names itself", NO_LEAKS, async () => {
  await withFolder(shards(GOOD), async (folder) => {
    await Deno.writeFile(join(folder, SECOND), Uint8Array.of(1, 2, 3));
    const broken = [join(folder, SECOND), "header length", "a file of 3 bytes"];
    await assertFails(() => Safetensors.open(folder), DataError, broken);
    await Deno.remove(join(folder, SECOND));
    const missing = [join(folder, SECOND), "no such file"];
    await assertFails(() => Safetensors.open(folder), NoInputError, missing);
  });
});
