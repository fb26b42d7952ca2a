/** Every way in which a safetensors file can lie about itself is found, and told in one line. */
import { join } from "@std/path";
import { DataError } from "../../../src/format/errors.ts";
import { Safetensors } from "../../../src/format/safetensors/safetensors.ts";
import { assertFails, NO_LEAKS, withFolder } from "../support.ts";

/** A file with this header, its true length before it and `dataLength` bytes after it. */
function fileWith(header: string | Uint8Array, dataLength = 0, headerLength?: bigint): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, headerLength ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

/** A file with tensors described by these JSON texts. */
function tensors(entries: Record<string, string>, dataLength: number): Uint8Array {
  const parts = Object.entries(entries).map(([name, entry]) => `${JSON.stringify(name)}:${entry}`);
  return fileWith(`{${parts.join(",")}}`, dataLength);
}

/** A file with the one tensor "w". */
function tensor(dtype: string, shape: string, offsets: string, dataLength: number): Uint8Array {
  const entry = `{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}`;
  return tensors({ w: entry }, dataLength);
}

const F32_2 = `{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`;

/** What is wrong, the file, and the parts of the message in order. */
const CASES: [string, Uint8Array, string[]][] = [
  ["an empty file", new Uint8Array(0), ["header length", "a file of 0 bytes", "at least 8"]],
  ["seven bytes", new Uint8Array(7), ["header length", "a file of 7 bytes", "at least 8"]],
  ["a length alone", fileWith("", 0, 9n), [
    "header length",
    "a file of 8 bytes",
    "and 2 of header",
  ]],
  ["a header of no bytes", fileWith("{}", 0, 0n), ["header length", "found 0", "2 to 2 bytes"]],
  [
    "a header longer than the file",
    fileWith("{}", 0, 3n),
    ["header length", "found 3", "2 to 2 bytes"],
  ],
  [
    "a header length of 2^64 - 1",
    fileWith("{}", 0, 2n ** 64n - 1n),
    ["header length", "found 18446744073709551615", "2 to 2 bytes"],
  ],
  ["no JSON object", fileWith("[]"), ["header", 'found "[]"', "a JSON object"]],
  ["a byte order mark", fileWith("\ufeff{}"), ["header", "found", "a JSON object"]],
  ["a space before the object", fileWith(" {}"), ["header", 'found " {}"', "a JSON object"]],
  ["broken JSON", fileWith(`{"w":\n}`), ["header", "is not valid JSON: ", "get it again"]],
  [
    "many more tensors than any model has", // Told before they are parsed.
    fileWith(`{${"{".repeat(2 ** 17)}`),
    ["header", 'found 131073 opening brackets "{"', "at most 131072"],
  ],
  ["text after the JSON", fileWith(`{}x`), ["header", "is not valid JSON: ", "get it again"]],
  [
    "bytes that are not UTF-8",
    fileWith(new Uint8Array([0x7b, 0xff, 0x7d])),
    ["header", "found bytes that are not UTF-8", "expected UTF-8"],
  ],
  [
    "a tensor twice",
    fileWith(`{"w":${F32_2},"w":${F32_2}}`, 8),
    ["header", 'the key "w" twice', "every key once"],
  ],
  [
    "a tensor twice, once with an escape",
    fileWith(`{"w":${F32_2},"\\u0077":${F32_2}}`, 8),
    ["header", 'the key "w" twice', "every key once"],
  ],
  [
    "a field of a tensor twice",
    fileWith(`{"w":{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,8]}}`, 8),
    ["header", 'the key "dtype" twice', "every key once"],
  ],
  [
    "metadata that is no object",
    fileWith(`{"__metadata__":["a"]}`),
    ['key "__metadata__"', 'found ["a"]', "an object of strings"],
  ],
  [
    "metadata that is no string",
    fileWith(`{"__metadata__":{"format":1}}`),
    ['key "__metadata__", entry "format"', "found 1", "a string"],
  ],
  ["a tensor that is no object", tensors({ w: "3" }, 0), ['tensor "w"', "found 3", "an object"]],
  [
    "an unknown dtype",
    tensor(`"F31"`, "[2]", "[0,8]", 8),
    ['tensor "w", dtype', 'found "F31"', "one of", "F32"],
  ],
  [
    "a dtype named like a property of every object",
    tensor(`"constructor"`, "[2]", "[0,8]", 8),
    ['tensor "w", dtype', 'found "constructor"', "one of"],
  ],
  [
    "no dtype",
    tensors({ w: `{"shape":[2],"data_offsets":[0,8]}` }, 8),
    ['tensor "w", dtype', "found nothing", "one of"],
  ],
  [
    "a shape that is no array",
    tensor(`"F32"`, "2", "[0,8]", 8),
    ['tensor "w", shape', "found 2", "integers"],
  ],
  [
    "a negative size",
    tensor(`"F32"`, "[-2]", "[0,8]", 8),
    ['tensor "w", shape', "found [-2]", "none negative"],
  ],
  [
    "a fraction as size",
    tensor(`"F32"`, "[1.5]", "[0,6]", 6),
    ['tensor "w", shape', "found [1.5]", "integers"],
  ],
  [
    "a size beyond exact integers",
    tensor(`"F32"`, "[9007199254740993]", "[0,8]", 8),
    ['tensor "w", shape', "found [9007199254740992]", "integers"],
  ],
  [
    "an infinite size",
    tensor(`"F32"`, "[1e999]", "[0,8]", 8),
    ['tensor "w", shape', "found [Infinity]", "integers"],
  ],
  [
    "a shape whose product overflows",
    tensor(`"F32"`, "[4294967296, 4294967296, 4294967296]", "[0,8]", 8),
    ['tensor "w"', "found F32 [4294967296", "a shape whose bytes can be counted"],
  ],
  [
    // 2^32 · 2^32 · 0 is no bytes at all, but not every reader multiplies in the same order.
    "an overflow that a size of zero hides",
    tensor(`"F32"`, "[4294967296, 4294967296, 0]", "[0,0]", 0),
    ['tensor "w"', "found F32 [4294967296", "a shape whose bytes can be counted"],
  ],
  [
    "half a byte",
    tensor(`"F4"`, "[3]", "[0,1]", 1),
    ['tensor "w"', "found F4 [3]", "a shape whose bytes can be counted"],
  ],
  [
    "too few bytes for the shape",
    tensor(`"F32"`, "[2,3]", "[0,8]", 8),
    ['tensor "w"', "found 8 bytes", "24 bytes for F32 [2, 3]"],
  ],
  [
    "one offset",
    tensor(`"F32"`, "[2]", "[8]", 8),
    ['tensor "w", data_offsets', "found [8]", "[begin, end]"],
  ],
  [
    "an end before the begin",
    tensor(`"F32"`, "[2]", "[8,0]", 8),
    ['tensor "w", data_offsets', "found [8, 0]", "begin ≤ end"],
  ],
  [
    "a range past the end of the file",
    tensor(`"F32"`, "[4]", "[0,16]", 8),
    ['tensor "w", data_offsets', "found [0, 16]", "at most 8"],
  ],
  [
    "two tensors in the same place",
    tensors({ a: F32_2, b: F32_2 }, 8),
    ['tensor "b", data_offsets', "begin 0, which overlaps", "begin 8"],
  ],
  [
    "tensors that overlap by one element",
    tensors({ a: F32_2, b: `{"dtype":"F32","shape":[2],"data_offsets":[4,12]}` }, 12),
    ['tensor "b", data_offsets', "begin 4, which overlaps", "begin 8"],
  ],
  [
    "a hole between tensors",
    tensors({ a: F32_2, b: `{"dtype":"F32","shape":[1],"data_offsets":[12,16]}` }, 16),
    ['tensor "b", data_offsets', "begin 12, which leaves a hole", "begin 8"],
  ],
  [
    "bytes after the last tensor",
    tensors({ a: F32_2 }, 9),
    ["found 9 bytes of data", "expected 8"],
  ],
  [
    "a name that would break the line and colour the terminal",
    tensors({ "w\n\u001b[31m": "3" }, 0),
    ["tensor", "\\n\\u001b[31m", "found 3"],
  ],
  [
    "a name of a million characters",
    tensors({ ["w".repeat(1e6)]: "3" }, 0),
    ["tensor", "www…", "found 3"],
  ],
];

for (const [fault, bytes, parts] of CASES) {
  Deno.test(`a safetensors file with ${fault} is refused in one line`, NO_LEAKS, async () => {
    await withFolder({ "model.safetensors": bytes }, async (folder) => {
      const path = join(folder, "model.safetensors");
      await assertFails(() => Safetensors.openFile(path), DataError, [path, ...parts]);
    });
  });
}

Deno.test("a header longer than the format allows is refused before it is read", async () => {
  await withFolder({}, async (folder) => {
    const path = join(folder, "model.safetensors");
    // A sparse file: 200 MB by its size, almost nothing on the disk.
    using file = await Deno.open(path, { write: true, createNew: true });
    await file.truncate(200_000_000);
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, 100_000_001n, true);
    await file.write(length);
    await assertFails(() => Safetensors.openFile(path), DataError, [
      path,
      "header length",
      "found 100000001",
      "2 to 100000000 bytes",
    ]);
  });
});
