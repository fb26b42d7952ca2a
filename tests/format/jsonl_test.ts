/** Files with one JSON value per line. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { DataError, NoInputError } from "../../src/format/errors.ts";
import { readJsonl } from "../../src/format/jsonl.ts";
import { assertFails, type Contents, NO_LEAKS, withFolder } from "./support.ts";

/** All values of a file with these contents. */
async function read(contents: Contents): Promise<{ line: number; value: unknown }[]> {
  let values: { line: number; value: unknown }[] = [];
  await withFolder({ "x.jsonl": contents }, async (folder) => {
    values = await Array.fromAsync(readJsonl(join(folder, "x.jsonl")));
  });
  return values;
}

Deno.test("values come in order with their line numbers, blank lines passed over", async () => {
  assertEquals(await read('{"a":1}\n\n  \n[2]\r\n"ü"'), [
    { line: 1, value: { a: 1 } },
    { line: 4, value: [2] },
    { line: 5, value: "ü" },
  ]);
  assertEquals(await read(""), []);
  assertEquals(await read("\n\n"), []);
  assertEquals(await read("\ufeff1\n2\n"), [{ line: 1, value: 1 }, { line: 2, value: 2 }]);
});

Deno.test("numbers are plain ones but in calls of tools, beside them too", async () => {
  const [{ value }] = await read('{"seed": 2.0, "tool_calls": [], "m": [{"top": 1e3}]}');
  assertEquals(value, { seed: 2, tool_calls: [], m: [{ top: 1000 }] });
});

Deno.test("lines longer than the pieces in which the file is read come whole", async () => {
  const texts = ["é".repeat(70_000), "b".repeat(200_000), "", "c".repeat(65_533), "d"];
  const contents = texts.map((text) => JSON.stringify(text)).join("\n");
  assertEquals(await read(contents), texts.map((value, index) => ({ line: index + 1, value })));
});

Deno.test(
  "a line that is not JSON is named with its number, after those before it",
  NO_LEAKS,
  async () => {
    await withFolder({ "x.jsonl": "1\n2\n{bad\n4\n" }, async (folder) => {
      const path = join(folder, "x.jsonl");
      const seen: unknown[] = [];
      const readAll = async () => {
        for await (const { value } of readJsonl(path)) seen.push(value);
      };
      await assertFails(readAll, DataError, [`${path}:3`, "is not valid JSON: "]);
      assertEquals(seen, [1, 2]);
    });
  },
);

Deno.test("a key that stands twice in one object of a line is named", NO_LEAKS, async () => {
  const text = '{"prompt":"a","x":{"prompt":1}}\n{"prompt":"a","pro\\u006dpt":"b"}';
  await withFolder({ "x.jsonl": text }, async (folder) => {
    const path = join(folder, "x.jsonl");
    const read = () => Array.fromAsync(readJsonl(path));
    await assertFails(read, DataError, [`${path}:2: found the key "prompt" twice`]);
  });
});

Deno.test("bytes that are not UTF-8 are named with their line", async () => {
  await withFolder({ "x.jsonl": Uint8Array.of(0x31, 0x0a, 0x22, 0xff, 0x22) }, async (folder) => {
    const path = join(folder, "x.jsonl");
    const parts = [`${path}:2`, "not UTF-8", "UTF-8 text"];
    await assertFails(() => Array.fromAsync(readJsonl(path)), DataError, parts);
  });
});

Deno.test("a line without end is given up", async () => {
  await withFolder({ "x.jsonl": "1\n" }, async (folder) => {
    const path = join(folder, "x.jsonl");
    await Deno.truncate(path, 10 * 2 ** 30);
    const parts = [`${path}:2`, "bytes", "lines of at most 67108864 bytes"];
    await assertFails(() => Array.fromAsync(readJsonl(path)), DataError, parts);
  });
});

Deno.test("the file is closed when the reader stops early", NO_LEAKS, async () => {
  await withFolder({ "x.jsonl": "1\n2\n3\n" }, async (folder) => {
    for await (const { value } of readJsonl(join(folder, "x.jsonl"))) {
      assertEquals(value, 1);
      break;
    }
    // The test runner fails this test if the file is still open.
  });
});

Deno.test("a missing file or a folder gives a NoInputError", async () => {
  await withFolder({}, async (folder) => {
    const path = join(folder, "x.jsonl");
    const run = (name: string) => () => Array.fromAsync(readJsonl(name));
    await assertFails(run(path), NoInputError, [path, "no such file", "one JSON value per line"]);
    await assertFails(run(folder), NoInputError, [folder, "is a folder"]);
  });
});
