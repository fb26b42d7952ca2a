import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { DataError, NoInputError } from "../../src/format/errors.ts";
import {
  type CacheOrigin,
  openPromptCache,
  writePromptCache,
} from "../../src/format/prompt_cache.ts";
import { Safetensors, writeSafetensors } from "../../src/format/safetensors/safetensors.ts";

const ORIGIN: CacheOrigin = {
  identity: "0123",
  description: "tiny on a test, f16",
  layerCount: 12,
  kvHeadCount: 2,
  headDim: 8,
  dtype: "F16",
  vocabSize: 50,
};
const IDS = [7, 0, 49];
/** Bytes of a layer. */
const BYTES = 2 * 2 * IDS.length * 8 * 2;

async function* layers(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let layer = 0; layer < ORIGIN.layerCount; layer++) {
    await Promise.resolve();
    yield Uint8Array.from({ length: BYTES }, (_, i) => i + layer);
  }
}

Deno.test("a text comes back with its keys and values, and so does its beginning", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "text.cache");
  await writePromptCache(path, ORIGIN, { ids: IDS, layers: layers() });
  using stored = await openPromptCache(path, ORIGIN);
  assertEquals(stored.ids, IDS);
  assertEquals(await Array.fromAsync(stored.layers(3)), await Array.fromAsync(layers()));
  const [first] = await Array.fromAsync(stored.layers(2));
  const rows = (from: number) => Array.from({ length: 32 }, (_, i) => from + i);
  assertEquals([...first], [...rows(0), ...rows(48), ...rows(96), ...rows(144)]);
  using file = await Safetensors.openFile(path);
  assertEquals(file.names.length, 12 + 1);
  assertEquals([...Deno.readDirSync(folder)].length, 1);
});

Deno.test("keys and values of another origin are refused by name, and replaced", async () => {
  const path = join(await Deno.makeTempDir(), "text.cache");
  await writePromptCache(path, ORIGIN, { ids: IDS, layers: layers() });
  const other = { ...ORIGIN, identity: "4567", description: "other on a test, f16" };
  await assertRejects(
    () => openPromptCache(path, other),
    DataError,
    `${path}: found keys and values of tiny on a test, f16, expected those of other on a test, f16`,
  );
  await writePromptCache(path, other, { ids: IDS, layers: layers() });
  (await openPromptCache(path, other))[Symbol.dispose]();
});

Deno.test("a file of another kind is neither read nor written over", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "text.cache");
  const write = () => writePromptCache(path, ORIGIN, { ids: IDS, layers: layers() });
  await Deno.writeTextFile(path, "my notes");
  await assertRejects(() => openPromptCache(path, ORIGIN), DataError, path);
  await assertRejects(write, DataError, "found a file of another kind");
  assertEquals(await Deno.readTextFile(path), "my notes");
  await writeSafetensors(path, []);
  await assertRejects(() => openPromptCache(path, ORIGIN), DataError, '"format": found nothing');
  await assertRejects(write, DataError, "found a file of another kind");
  await assertRejects(() => openPromptCache(folder, ORIGIN), NoInputError, "is a folder");
  await assertRejects(
    () => openPromptCache(join(folder, "none"), ORIGIN),
    NoInputError,
    "no such file; expected the keys and values of a text",
  );
});

Deno.test("a damaged file is refused before anything is read of it", async () => {
  const metadata = {
    format: "foretoken.prompt-cache",
    format_version: "3",
    identity: ORIGIN.identity,
    ids: IDS.join(" "),
  };
  const shape = [2, 2, IDS.length, 8];
  const cases: [
    string,
    Partial<typeof metadata>,
    Partial<CacheOrigin> & { shape?: number[] },
    string,
  ][] = [
    ["version", { format_version: "9" }, {}, '"format_version": found "9", expected "3"'],
    [
      "too large an id",
      { ids: "7 0 50" },
      {},
      '"ids": found "7 0 50", expected ids of tokens below 50',
    ],
    ["a negative id", { ids: "7 -1 4" }, {}, '"ids"'],
    ["no ids", { ids: "" }, {}, '"ids"'],
    [
      "more ids than positions",
      { ids: "7 0 4 4" },
      {},
      "found shape [2, 2, 3, 8], expected [2, 2, 4, 8]",
    ],
    ["a layer too few", {}, { layerCount: 11 }, 'no tensor "layers.11.keys_values"'],
    ["other numbers", {}, { dtype: "F32" }, "found F32, expected F16"],
    ["no digests", {}, {}, 'no tensor "digests"'],
  ];
  const path = join(await Deno.makeTempDir(), "text.cache");
  for (const [name, change, { layerCount = 12, dtype = "F16" }, complaint] of cases) {
    const data = new Uint8Array(dtype === "F16" ? BYTES : 2 * BYTES);
    const tensors = Array.from({ length: layerCount }, (_, layer) => (
      { name: `layers.${layer}.keys_values`, dtype, shape, data }
    ));
    await writeSafetensors(path, tensors, { ...metadata, ...change });
    await assertRejects(() => openPromptCache(path, ORIGIN), DataError, complaint, name);
  }
});

Deno.test("a file that was cut is named as damaged and replaced, wherever it was cut", async () => {
  const path = join(await Deno.makeTempDir(), "text.cache");
  const write = () => writePromptCache(path, ORIGIN, { ids: IDS, layers: layers() });
  await write();
  const whole = await Deno.readFile(path);
  const header = whole.length - ORIGIN.layerCount * BYTES - (1 + ORIGIN.layerCount) * 32;
  for (const length of [100, header - 1, header, header + BYTES, whole.length - 1]) {
    await Deno.writeFile(path, whole.subarray(0, length));
    const { message } = await assertRejects(() => openPromptCache(path, ORIGIN), DataError);
    assertStringIncludes(message, "the file was damaged: its text is computed again", `${length}`);
    await write();
    assertEquals(await Deno.readFile(path), whole);
  }
  // Of what is left of these nobody can say whether it was one.
  for (const length of [7, 8, 40]) {
    await Deno.writeFile(path, whole.subarray(0, length));
    const { message } = await assertRejects(() => openPromptCache(path, ORIGIN), DataError);
    assertStringIncludes(message, "remove it, or name another file", `${length}`);
    await assertRejects(write, DataError, "found a file of another kind");
  }
});

Deno.test("a header that is too long for any text is not read", async () => {
  const path = join(await Deno.makeTempDir(), "text.cache");
  await Deno.writeFile(path, new Uint8Array(new BigUint64Array([BigInt(99_000_000)]).buffer));
  await Deno.truncate(path, 200_000_000);
  const { message } = await assertRejects(() => openPromptCache(path, ORIGIN), DataError);
  assertStringIncludes(message, "header length: found 99000000, expected 2 to 16777216 bytes");
});

Deno.test("a header that was altered costs a line and the keys and values, no more", async () => {
  const path = join(await Deno.makeTempDir(), "text.cache");
  const write = (origin = ORIGIN) => writePromptCache(path, origin, { ids: IDS, layers: layers() });
  await write();
  const whole = await Deno.readFile(path);
  const changes: [string, string, string][] = [
    ['"U32"', '"U64"', 'tensor "digests"'],
    ['"shape":[2,2,3,8]', '"shape":[2,2,8,3]', 'tensor "layers.0.keys_values": found shape'],
    ['"layers.3.keys_values"', '"layers.0.keys_values"', "header"],
    ['"data_offsets":[0,', '"data_offsets":[9,', 'tensor "layers.0.keys_values": found 183'],
    ['"ids":', '"odd":', 'metadata key "ids": found nothing'],
  ];
  for (const [from, to, complaint] of changes) {
    await Deno.writeFile(path, replaced(whole, from, to));
    const { message } = await assertRejects(() => openPromptCache(path, ORIGIN), DataError);
    assertStringIncludes(message, complaint);
    assertStringIncludes(message, "the file was damaged: its text is computed again");
    await write();
    assertEquals(await Deno.readFile(path), whole, from);
  }
  await Deno.writeFile(path, replaced(whole, '"format_version":"3"', '"format_version":"2"'));
  const { message } = await assertRejects(() => openPromptCache(path, ORIGIN), DataError);
  assertStringIncludes(message, 'found "2", expected "3"; it is replaced by this text\'s');
  await write({ ...ORIGIN, identity: "4567", description: "x".repeat(1e5) });
  const foreign = await assertRejects(() => openPromptCache(path, ORIGIN), DataError);
  assert(foreign.message.length < 1000, `a line of ${foreign.message.length} characters`);
});

function replaced(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const text = [...bytes].map((byte) => String.fromCharCode(byte)).join("").replaceAll(from, to);
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

Deno.test("one changed bit of a file is noticed, wherever it is", async () => {
  const path = join(await Deno.makeTempDir(), "text.cache");
  await writePromptCache(path, ORIGIN, { ids: IDS, layers: layers() });
  const whole = await Deno.readFile(path);
  const data = whole.length - ORIGIN.layerCount * BYTES - (1 + ORIGIN.layerCount) * 32;
  const cases: [string, number, string][] = [
    ["an id", new TextDecoder().decode(whole).indexOf('"7 0 49"') + 1, "ids: found SHA-256 "],
    ["the first key", data, 'tensor "layers.0.keys_values": found SHA-256 '],
    ["a value", data + 5 * BYTES - 1, 'tensor "layers.4.keys_values": found SHA-256 '],
    ["the digest of the last layer", whole.length - 1, 'tensor "layers.11.keys_values": found SHA'],
  ];
  for (const [name, place, complaint] of cases) {
    await Deno.writeFile(path, whole.with(place, whole[place] ^ 1));
    const readAll = async () => {
      using stored = await openPromptCache(path, ORIGIN);
      await Array.fromAsync(stored.layers(2)); // Of positions that are not wanted, too.
    };
    const { message } = await assertRejects(readAll, DataError, `${path}: ${complaint}`, name);
    assertStringIncludes(message, "the file was damaged: its text is computed again");
  }
});

Deno.test("layers that are not what they should be leave the old file as it was", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "text.cache");
  await writePromptCache(path, ORIGIN, { ids: IDS, layers: layers() });
  const before = await Deno.readFile(path);
  async function* broken() {
    yield* layers();
    await Promise.resolve();
    throw new Error("the device is lost");
  }
  const more = { ids: [...IDS, 4], layers: layers() };
  await assertRejects(() => writePromptCache(path, ORIGIN, more), RangeError, "bytes of data");
  const lost = { ids: IDS, layers: broken() };
  await assertRejects(() => writePromptCache(path, ORIGIN, lost), Error, "the device is lost");
  assertEquals(await Deno.readFile(path), before);
  assertEquals([...Deno.readDirSync(folder)].length, 1);
});
