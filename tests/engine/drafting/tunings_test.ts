import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { describeError } from "../../../src/cli/errors.ts";
import { findTuning, keepTuning } from "../../../src/engine/drafting/tunings.ts";
import { OutputFailedError } from "../../../src/engine/errors.ts";
import type { DeviceTuning } from "../../../src/format/draft_settings.ts";
import { withFolder } from "../../format/support.ts";

const TUNING: DeviceTuning = {
  method: "combined",
  nodes: 4,
  tree: null,
  carry: 0,
  milliseconds: { tuned: 2, plain: 3 },
  date: "2026-01-31",
};

Deno.test("a tuning serves the device and the maps that it was measured with, and no others", async () => {
  await withFolder({}, async (folder) => {
    const maps = { path: join(folder, "maps.safetensors"), fingerprint: "0123456789abcdef01" };
    assertEquals(await findTuning(maps, "a GPU"), null);
    const path = await keepTuning(maps, "a GPU", TUNING);
    assertEquals(path, join(folder, "hidden_transfer.tuning.json"));
    await keepTuning(maps, "another", { ...TUNING, nodes: 8 });
    assertEquals(await findTuning(maps, "a GPU"), TUNING);
    assertEquals((await findTuning(maps, "another"))?.nodes, 8);
    assertEquals(await findTuning(maps, "a third"), null);
    assertEquals(await findTuning({ ...maps, fingerprint: "other maps" }, "a GPU"), null);
  });
});

Deno.test("a tuning that can be kept nowhere is told in one line, with 74", async () => {
  await withFolder({ home: "a file where a folder should be" }, async (folder) => {
    const state = Deno.env.get("XDG_STATE_HOME");
    Deno.env.set("XDG_STATE_HOME", join(folder, "home"));
    try {
      const maps = { path: join(folder, "home", "maps.safetensors"), fingerprint: "0123" };
      const error = await assertRejects(() => keepTuning(maps, "a GPU", TUNING), OutputFailedError);
      assertEquals(describeError(error).exitCode, 74);
      assertMatch(error.message, /^what was found can be kept neither in .*home nor in your own/);
    } finally {
      if (state === undefined) Deno.env.delete("XDG_STATE_HOME");
      else Deno.env.set("XDG_STATE_HOME", state);
    }
  });
});
