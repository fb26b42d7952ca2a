import { assertEquals, assertRejects } from "@std/assert";
import { DataError } from "../../src/format/errors.ts";
import { type DeviceTuning, readTunings, writeTunings } from "../../src/format/tuning.ts";

const TUNING: DeviceTuning = {
  nodes: 4,
  tree: [[0], [1], [0, 0]],
  carry: 0,
  milliseconds: { tuned: 2, plain: 3 },
  date: "2026-01-31",
};

async function withFile(use: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("tunings that are written are read back", async () => {
  await withFile(async (path) => {
    const all = { maps: "abc", devices: { "a GPU": TUNING, other: { ...TUNING, tree: null } } };
    await writeTunings(path, all);
    assertEquals(await readTunings(path), all);
  });
});

Deno.test("no file is no tuning", async () => {
  const path = new URL("there_is_no_such_file.json", import.meta.url).pathname;
  assertEquals(await readTunings(path), null);
});

const FAULTS: readonly [content: unknown, says: string][] = [
  [{ format: "other" }, 'format: found "other", expected "foretoken.tuning"'],
  [{ format: "foretoken.tuning", devices: { a: { ...TUNING, nodes: 65 } } }, 'device "a"'],
  [
    { format: "foretoken.tuning", devices: { a: { ...TUNING, carry: 5 } } },
    "carry from 0 to nodes",
  ],
  [{ format: "foretoken.tuning", devices: { a: { ...TUNING, tree: [0] } } }, "rank paths or null"],
  [{ format: "foretoken.tuning", devices: { a: 7 } }, "expected nodes from 1 to 64"],
];

for (const [content, says] of FAULTS) {
  Deno.test(`a broken file of tunings is told in one line: ${says}`, async () => {
    await withFile(async (path) => {
      await Deno.writeTextFile(path, JSON.stringify(content));
      const error = await assertRejects(() => readTunings(path), DataError, says);
      assertEquals(error.message.includes(path), true);
      assertEquals(error.message.includes("\n"), false);
    });
  });
}
