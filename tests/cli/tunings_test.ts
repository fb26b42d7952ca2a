import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { findTuning, keepTuning } from "../../src/cli/tunings.ts";
import type { DeviceTuning } from "../../src/format/tuning.ts";

const TUNING: DeviceTuning = {
  nodes: 4,
  tree: null,
  carry: 0,
  milliseconds: { tuned: 2, plain: 3 },
  date: "2026-01-31",
};

Deno.test("a tuning serves the device and the maps that it was measured with, and no others", async () => {
  const folder = await Deno.makeTempDir();
  const maps = { path: join(folder, "maps.safetensors"), fingerprint: "0123456789abcdef01" };
  assertEquals(await findTuning(maps, "a GPU"), null);
  const path = await keepTuning(maps, "a GPU", TUNING);
  assertEquals(path, join(folder, "hidden_transfer.tuning.json"));
  await keepTuning(maps, "another", { ...TUNING, nodes: 8 });
  assertEquals(await findTuning(maps, "a GPU"), TUNING);
  assertEquals((await findTuning(maps, "another"))?.nodes, 8);
  assertEquals(await findTuning(maps, "a third"), null);
  assertEquals(await findTuning({ ...maps, fingerprint: "other maps" }, "a GPU"), null);
  await Deno.remove(folder, { recursive: true });
});
