import { assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { DataError } from "../../src/format/errors.ts";
import {
  type DeviceSelfSpeculation,
  readSelfSpeculations,
  writeSelfSpeculations,
} from "../../src/format/self_speculation.ts";

const LAYERS = 4;
const SETTINGS: DeviceSelfSpeculation = {
  attention: [1, 3],
  mlp: [],
  drafts: 4,
  confidence: 0.5,
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

Deno.test("settings that are written are read back", async () => {
  await withFile(async (path) => {
    const all = { model: "abc", devices: { "a GPU": SETTINGS, "another": SETTINGS } };
    await writeSelfSpeculations(path, all);
    assertEquals(await readSelfSpeculations(path, LAYERS), all);
  });
});

Deno.test("no file is no settings", async () => {
  const path = fromFileUrl(new URL("there_is_no_such_file.json", import.meta.url));
  assertEquals(await readSelfSpeculations(path, LAYERS), null);
});

Deno.test("settings that no model of so many layers can have are refused by name", async () => {
  const wrong = [
    { attention: [LAYERS] },
    { attention: [-1] },
    { mlp: [0.5] },
    { mlp: "0" },
    { drafts: 9 },
    { drafts: 1.5 },
    { confidence: 1.1 },
    { confidence: "high" },
  ];
  await withFile(async (path) => {
    for (const change of wrong) {
      const device = { ...SETTINGS, ...change } as DeviceSelfSpeculation;
      await writeSelfSpeculations(path, { model: "abc", devices: { "a GPU": device } });
      const read = () => readSelfSpeculations(path, LAYERS);
      const { message } = await assertRejects(read, DataError, `${path}: device "a GPU"`);
      assertEquals(message.includes("make a new one"), true, JSON.stringify(change));
    }
    await Deno.writeTextFile(path, JSON.stringify({ format: "other" }));
    await assertRejects(() => readSelfSpeculations(path, LAYERS), DataError, "format");
  });
});
