import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DeviceRecords, type RecordKind } from "../../../src/format/settings/device_records.ts";
import { DataError } from "../../../src/format/errors.ts";
import { assertFails, type Contents, NO_LEAKS, withFile, withFolder } from "../support.ts";

const SIZES: RecordKind<{ size: number }> = {
  format: "test.sizes",
  madeBy: "foretoken measure",
  writeSettings: ({ size }) => ({ size }),
  readSettings: (fields) => ({ size: fields.integer("size", { min: 1, max: 9 }) }),
};
const MEASUREMENT = { milliseconds: { tuned: 2, plain: 3 }, date: "2026-01-31" };
const RECORD = { size: 4, ...MEASUREMENT };
const FILE = { format: SIZES.format, fingerprint: "model" };

function recordsIn(places: string[], fingerprint = "model") {
  return new DeviceRecords(SIZES, { fingerprint, places });
}

Deno.test("records are found for their device and their model alone", async () => {
  await withFile(null, async (path) => {
    const records = recordsIn([path]);
    assertEquals(await records.find("a GPU"), null);
    assertEquals(await records.keep("a GPU", RECORD), path);
    assertEquals(await records.keep("__proto__", { ...RECORD, size: 9 }), path);
    assertEquals(await records.find("a GPU"), RECORD);
    assertEquals((await records.find("__proto__"))?.size, 9);
    assertEquals(await records.find("constructor"), null);
    assertEquals(await recordsIn([path], "another").find("a GPU"), null);
    await records.keep("a GPU", { ...RECORD, size: 5 });
    assertEquals((await records.find("a GPU"))?.size, 5);
    assertEquals((await records.find("__proto__"))?.size, 9);
  });
});

Deno.test("what is kept about another model takes the file over", async () => {
  await withFile(null, async (path) => {
    await recordsIn([path]).keep("a GPU", RECORD);
    await recordsIn([path], "another").keep("other", RECORD);
    assertEquals(await recordsIn([path]).find("a GPU"), null);
    assertEquals(await recordsIn([path], "another").find("other"), RECORD);
  });
});

Deno.test("the first place that can be written is used, and the first that has the record", async () => {
  await withFolder({ file: "" }, async (folder) => {
    const impossible = join(folder, "file", "records.json");
    const [first, second] = [join(folder, "a", "records.json"), join(folder, "b", "records.json")];
    await assertRejects(() => recordsIn([impossible]).keep("a GPU", RECORD));
    assertEquals(await recordsIn([impossible, second]).keep("a GPU", RECORD), second);
    assertEquals(await recordsIn([first, second]).find("a GPU"), RECORD);
    await recordsIn([first]).keep("a GPU", { ...RECORD, size: 7 });
    assertEquals((await recordsIn([first, second]).find("a GPU"))?.size, 7);
    assertEquals([...Deno.readDirSync(join(folder, "a"))].map(({ name }) => name), [
      "records.json",
    ]);
  });
});

Deno.test("a place that cannot be read has no records", async () => {
  await withFolder({}, async (folder) => {
    const place = join(folder, "records.json");
    await recordsIn([place]).keep("a GPU", RECORD);
    assertEquals(await recordsIn([folder, place]).find("a GPU"), RECORD);
    assertEquals(await recordsIn([folder]).find("a GPU"), null);
  });
});

/** A record with one change, as the file's only one. */
function device(change: Record<string, unknown>): Contents {
  return { ...FILE, devices: { "a GPU": { ...RECORD, ...change } } };
}

const MADE_ANEW = "make a new one with foretoken measure";
const FAULTS: readonly [contents: Contents, parts: string[]][] = [
  ["{", ["is not valid JSON", MADE_ANEW]],
  ["[]", ["found []", "expected a JSON object", MADE_ANEW]],
  ["{}", ['key "format"', "found nothing", 'expected "test.sizes"', MADE_ANEW]],
  [{ ...FILE, format: "other" }, ['found "other"', 'expected "test.sizes"', MADE_ANEW]],
  [{ ...FILE, fingerprint: 7 }, ['key "fingerprint"', "found 7", "expected a string", MADE_ANEW]],
  [{ ...FILE, devices: [] }, ['key "devices"', "found []", "expected an object", MADE_ANEW]],
  [{ ...FILE, devices: { x: 7 } }, ['key "devices.x"', "found 7", "expected an object", MADE_ANEW]],
  [device({ size: 10 }), ['key "devices.a GPU.size"', "found 10", "from 1 to 9", MADE_ANEW]],
  [device({ milliseconds: 3 }), ['key "devices.a GPU.milliseconds"', "found 3", "expected"]],
  [device({ milliseconds: { tuned: 1 } }), ['milliseconds.plain"', "found nothing", "expected"]],
  [device({ date: 2026 }), ['key "devices.a GPU.date"', "found 2026", "expected a string"]],
];

for (const [contents, parts] of FAULTS) {
  const name = `a broken file of records is told in one line, and replaced: ${parts.join(", ")}`;
  Deno.test(name, NO_LEAKS, async () => {
    await withFile(contents, async (path) => {
      const records = recordsIn([path]);
      await assertFails(() => records.find("a GPU"), DataError, [path, ...parts]);
      await records.keep("other", RECORD);
      assertEquals(await records.find("other"), RECORD);
      assertEquals(await records.find("a GPU"), null);
    });
  });
}
