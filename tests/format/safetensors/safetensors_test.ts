/** Reading back what was written, by ranges. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { DataError, NoInputError } from "../../../src/format/errors.ts";
import {
  encodeSafetensors,
  Safetensors,
  type TensorData,
  writeSafetensors,
} from "../../../src/format/safetensors/safetensors.ts";
import { assertFails, DEMO_FOLDER, NO_LEAKS, withFolder } from "../support.ts";

const A: TensorData = {
  name: "a",
  dtype: "F32",
  shape: [2, 3],
  data: Uint8Array.from({ length: 24 }, (_, i) => i),
};
const B: TensorData = { name: "b", dtype: "F16", shape: [], data: Uint8Array.of(100, 101) };
const EMPTY: TensorData = { name: "empty", dtype: "BF16", shape: [0, 7], data: new Uint8Array(0) };

/** A file as another program might write it: keys in another order, other dtypes, padding. */
function foreignFile(): Uint8Array {
  const header = `{"z":{"data_offsets":[8,12],"shape":[2],"dtype":"F16"},` +
    `"ids":{"shape":[1],"dtype":"I64","data_offsets":[0,8]},` +
    `"__proto__":{"dtype":"F16","shape":[1],"data_offsets":[12,14]}}   `;
  const bytes = new Uint8Array(8 + header.length + 14);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(new TextEncoder().encode(header), 8);
  bytes.set(Uint8Array.from({ length: 14 }, (_, i) => i), 8 + header.length);
  return bytes;
}

Deno.test("what is encoded comes back, with metadata, scalars and empty tensors", async () => {
  const bytes = encodeSafetensors([B, EMPTY, A], { format: "pt", note: "ü\n" });
  await withFolder({ "model.safetensors": bytes }, async (folder) => {
    using weights = await Safetensors.open(folder);
    assertEquals([...weights.tensors.keys()].sort(), ["a", "b", "empty"]);
    for (const { name, dtype, shape, data } of [A, B, EMPTY]) {
      const info = weights.get(name, shape);
      assertEquals([info.dtype, info.byteLength], [dtype, data.length]);
      assertEquals(await weights.read(name, 0, data.length), data);
    }
    assertEquals([...weights.metadata], [["format", "pt"], ["note", "ü\n"]]);
    assertEquals(weights.fileOf("a"), join(folder, "model.safetensors"));
  });
});

Deno.test("elements are aligned and the bytes do not depend on the order of the tensors", () => {
  const bytes = encodeSafetensors([B, A, EMPTY]);
  assertEquals(bytes, encodeSafetensors([A, EMPTY, B]));
  const headerLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  assertEquals(headerLength % 8, 0);
  assertEquals(bytes.subarray(8 + headerLength, 8 + headerLength + 24), A.data);
});

Deno.test("matrices of floats can be seen with rows and columns exchanged, other tensors as they are", async () => {
  const halves: TensorData = {
    name: "halves",
    dtype: "F16",
    shape: [3, 2],
    data: Uint8Array.of(0, 1, 10, 11, 20, 21, 30, 31, 40, 41, 50, 51),
  };
  const bytes = encodeSafetensors([A, B, EMPTY, halves]);
  await withFolder({ "x.safetensors": bytes }, async (folder) => {
    using weights = await Safetensors.openFile(join(folder, "x.safetensors"));
    const seen = weights.transposed();
    const shapes = ["a", "b", "empty", "halves"].map((name) => seen.stored(name).shape);
    assertEquals(shapes, [[3, 2], [], [7, 0], [2, 3]]);
    assertEquals(
      await seen.read("halves", 0, 12),
      Uint8Array.of(0, 1, 20, 21, 40, 41, 10, 11, 30, 31, 50, 51),
    );
    const room = new Uint8Array(8);
    await seen.read("a", 4, 8, room);
    assertEquals(room, Uint8Array.of(12, 13, 14, 15, 4, 5, 6, 7));
    assertEquals(await seen.read("b", 0, 2), B.data);
    const both = await Promise.all([seen.read("halves", 2, 2), seen.read("a", 0, 4)]);
    assertEquals(both, [Uint8Array.of(20, 21), Uint8Array.of(0, 1, 2, 3)]);
    assertEquals(await weights.read("a", 0, 24), A.data);
    await assertRejects(() => seen.read("a", 20, 8), RangeError);
    assertThrows(() => seen.get("a", [4, 2]), DataError, "shape [2, 3], expected [2, 4]");
  });
});

Deno.test("each matrix of a stack can be seen with rows and columns exchanged, and all as one", async () => {
  const stack: TensorData = {
    name: "stack",
    dtype: "F16",
    shape: [2, 3, 2],
    data: Uint8Array.from({ length: 24 }, (_, i) => i),
  };
  const columns = [0, 1, 4, 5, 8, 9, 2, 3, 6, 7, 10, 11];
  const seen = Uint8Array.from([...columns, ...columns.map((i) => 12 + i)]);
  await withFolder({ "x.safetensors": encodeSafetensors([stack]) }, async (folder) => {
    using weights = await Safetensors.openFile(join(folder, "x.safetensors"));
    const transposed = weights.transposed();
    assertEquals(transposed.stored("stack").shape, [2, 2, 3]);
    const together = transposed.unstacked();
    assertEquals(together.get("stack", [4, 3]).shape, [4, 3]);
    for (const view of [transposed, together]) {
      assertEquals(await view.read("stack", 0, 24), seen);
      assertEquals(await view.read("stack", 6, 12), seen.subarray(6, 18));
    }
    assertEquals(await weights.unstacked().read("stack", 0, 24), stack.data);
    const both = await Promise.all([together.read("stack", 14, 4), together.read("stack", 2, 2)]);
    assertEquals(both, [seen.subarray(14, 18), seen.subarray(2, 4)]);
    const message = "shape [2, 3, 2], expected [2, 4, 2]";
    assertThrows(() => transposed.get("stack", [2, 2, 4]), DataError, message);
  });
});

Deno.test("ranges are read exactly, also by calls that overlap in time", async () => {
  await withFolder({ "x.safetensors": encodeSafetensors([A, B]) }, async (folder) => {
    using weights = await Safetensors.openFile(join(folder, "x.safetensors"));
    const ranges = Array.from({ length: 20 }, (_, i) => [i, 24 - i - (i % 3)]);
    const parts = await Promise.all(ranges.map(([at, length]) => weights.read("a", at, length)));
    assertEquals(parts, ranges.map(([at, length]) => A.data.subarray(at, at + length)));
  });
});

Deno.test("large ranges are read beside other work, each to its room, and small ones between", async () => {
  const data = Uint8Array.from({ length: 2 ** 20 }, (_, i) => i % 251);
  const large: TensorData = { name: "large", dtype: "F16", shape: [2 ** 19], data };
  await withFolder({ "x.safetensors": encodeSafetensors([large]) }, async (folder) => {
    using weights = await Safetensors.openFile(join(folder, "x.safetensors"));
    const rooms = [new Uint8Array(2 ** 19), new Uint8Array(2 ** 18)];
    const isRead = [false, false];
    const reading = rooms.map(async (room, i) => {
      const bytes = await weights.read("large", 7 + 1000 * i, room.length, room);
      isRead[i] = true;
      return bytes;
    });
    const small = weights.read("large", 5, 20);
    await Promise.resolve();
    assertEquals(isRead, [false, false]);
    assertEquals(await small, data.subarray(5, 25));
    assertEquals(isRead, [true, true]);
    for (const [i, room] of rooms.entries()) {
      assertEquals((await reading[i]).buffer, room.buffer);
      assertEquals(room, data.subarray(7 + 1000 * i, 7 + 1000 * i + room.length));
    }
    await assertRejects(() => weights.read("large", 0, 4, new Uint8Array(5)), RangeError, "room");

    await Deno.truncate(join(folder, "x.safetensors"), 2 ** 19);
    await assertRejects(() => weights.read("large", 2 ** 18, 2 ** 19), DataError, "the end of");
    assertEquals(await weights.read("large", 0, 9), data.subarray(0, 9));
  });
});

Deno.test("a range outside the tensor is a mistake of the caller, not of the file", async () => {
  await withFolder({ "model.safetensors": encodeSafetensors([A, B]) }, async (folder) => {
    using weights = await Safetensors.open(folder);
    for (const [at, length] of [[-1, 4], [0, 25], [24, 1], [0.5, 1], [0, -1], [0, NaN]]) {
      await assertRejects(() => weights.read("a", at, length), RangeError, `range ${at}`);
    }
    assertEquals(await weights.read("a", 24, 0), new Uint8Array(0));
  });
});

Deno.test("an empty tensor may lie where another begins, whichever is named first", async () => {
  const header = `{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},` +
    `"empty":{"dtype":"F16","shape":[0],"data_offsets":[0,0]}}`;
  const bytes = new Uint8Array(8 + header.length + 4);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(new TextEncoder().encode(header), 8);
  await withFolder({ "model.safetensors": bytes }, async (folder) => {
    using weights = await Safetensors.open(folder);
    assertEquals([weights.get("a").byteLength, weights.get("empty").byteLength], [4, 0]);
  });
});

Deno.test("the header's keys may stand in any order and a tensor may have any name", async () => {
  await withFolder({ "model.safetensors": foreignFile() }, async (folder) => {
    using weights = await Safetensors.open(folder);
    assertEquals([...weights.tensors.keys()].sort(), ["__proto__", "z"]);
    assertEquals(await weights.read("z", 2, 2), Uint8Array.of(10, 11));
    assertEquals(await weights.read("__proto__", 0, 2), Uint8Array.of(12, 13));
  });
});

Deno.test("a dtype that cannot be read matters only to who asks for the tensor", async () => {
  await withFolder({ "model.safetensors": foreignFile() }, async (folder) => {
    using weights = await Safetensors.open(folder);
    await assertFails(async () => await weights.get("ids"), DataError, [
      join(folder, "model.safetensors"),
      'tensor "ids"',
      "found dtype I64",
      "expected F32, F16 or BF16",
    ]);
  });
});

Deno.test("a missing tensor and another shape are told with the file and both shapes", async () => {
  await withFolder({ "model.safetensors": encodeSafetensors([A]) }, async (folder) => {
    using weights = await Safetensors.open(folder);
    const path = join(folder, "model.safetensors");
    await assertFails(async () => await weights.get("b"), DataError, [path, '"b" among 1']);
    await assertFails(async () => await weights.get("toString"), DataError, [path, '"toString"']);
    for (const shape of [[3, 2], [6], [2, 3, 1], []]) {
      await assertFails(async () => await weights.get("a", shape), DataError, [
        path,
        'tensor "a"',
        "found shape [2, 3]",
        `expected [${shape.join(", ")}]`,
      ]);
    }
  });
});

Deno.test("a file that is cut while open gives a DataError, not garbage", async () => {
  await withFolder({ "model.safetensors": encodeSafetensors([A]) }, async (folder) => {
    using weights = await Safetensors.open(folder);
    const path = join(folder, "model.safetensors");
    await Deno.truncate(path, (await Deno.stat(path)).size - 10);
    assertEquals(await weights.read("a", 0, 14), A.data.subarray(0, 14));
    await assertFails(() => weights.read("a", 8, 16), DataError, [
      path,
      'tensor "a"',
      "found the end of the file after 6 bytes",
      "expected 16 bytes from byte 8",
    ]);
  });
});

Deno.test("a failed read does not hold up those after it", async () => {
  await withFolder({ "model.safetensors": encodeSafetensors([A]) }, async (folder) => {
    using weights = await Safetensors.open(folder);
    const path = join(folder, "model.safetensors");
    await Deno.truncate(path, (await Deno.stat(path)).size - 4);
    const failing = weights.read("a", 20, 4);
    const working = weights.read("a", 0, 4);
    await assertRejects(() => failing, DataError);
    assertEquals(await working, A.data.subarray(0, 4));
  });
});

Deno.test("dispose closes the file: reading afterwards fails", NO_LEAKS, async () => {
  await withFolder({ "model.safetensors": encodeSafetensors([A]) }, async (folder) => {
    const weights = await Safetensors.open(folder);
    weights[Symbol.dispose]();
    weights[Symbol.dispose]();
    await assertRejects(() => weights.read("a", 0, 4), Deno.errors.BadResource);
  });
});

Deno.test("what is not a model folder gives a NoInputError with what one holds", async () => {
  await withFolder({ "file": "text" }, async (folder) => {
    const hint = "expected a folder with config.json, tokenizer.json and model.safetensors";
    const missing = join(folder, "missing");
    await assertFails(() => Safetensors.open(missing), NoInputError, [missing, "no such", hint]);
    const file = join(folder, "file");
    await assertFails(() => Safetensors.open(file), NoInputError, [file, "is a file", hint]);
    const below = join(file, "below");
    await assertFails(() => Safetensors.open(below), NoInputError, [below, "no such folder", hint]);
    const weights = join(folder, "model.safetensors");
    await assertFails(() => Safetensors.open(folder), NoInputError, [weights, "no such file"]);
    await Deno.mkdir(weights);
    await assertFails(() => Safetensors.open(folder), NoInputError, [weights, "is a folder"]);
  });
});

Deno.test("a pipe in place of the weights is refused instead of waited for", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await withFolder({}, async (folder) => {
    const path = join(folder, "model.safetensors");
    await new Deno.Command("sh", { args: ["-c", 'mkfifo "$0"', path] }).output();
    await assertFails(() => Safetensors.open(folder), NoInputError, [path, "not a regular file"]);
  });
});

Deno.test("weights that may not be read give a NoInputError", {
  permissions: { read: [DEMO_FOLDER + "/config.json"] },
}, async () => {
  const path = join(DEMO_FOLDER, "model.safetensors");
  await assertFails(() => Safetensors.openFile(path), NoInputError, [path, "permission denied"]);
});

Deno.test("writing replaces the file whole or leaves it as it was", async () => {
  await withFolder({}, async (folder) => {
    const path = join(folder, "maps.safetensors");
    await writeSafetensors(path, [A], { step: "1" });
    await writeSafetensors(path, [B], { step: "2" });
    using weights = await Safetensors.openFile(path);
    assertEquals([...weights.tensors.keys()], ["b"]);
    assertEquals(weights.metadata.get("step"), "2");

    // A folder stands in the way of the rename.
    const blocked = join(folder, "blocked");
    await Deno.mkdir(join(blocked, "inner"), { recursive: true });
    await assertRejects(() => writeSafetensors(blocked, [A]));
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assertEquals(names, ["blocked", "maps.safetensors"], "no temporary file is left");
  });
});

Deno.test("tensors that cannot be written are refused", async () => {
  const short = { ...A, data: A.data.subarray(1) };
  const attempts: TensorData[][] = [[short], [A, A], [{ ...A, name: "__metadata__" }]];
  for (const tensors of attempts) {
    await assertRejects(async () => await encodeSafetensors(tensors), RangeError);
  }
});

Deno.test("the demo model's weights open, and the embedding can be read in slices", async () => {
  using weights = await Safetensors.open(DEMO_FOLDER);
  assertEquals(weights.tensors.size, 74);
  const embedding = weights.get("model.embed_tokens.weight", [4096, 256]);
  assertEquals([embedding.dtype, embedding.byteLength], ["F16", 2 * 4096 * 256]);
  const whole = await weights.read(embedding.name, 0, embedding.byteLength);
  const slice = await weights.read(embedding.name, 512 * 1000, 1024);
  assertEquals(slice, whole.subarray(512 * 1000, 512 * 1000 + 1024));
});
