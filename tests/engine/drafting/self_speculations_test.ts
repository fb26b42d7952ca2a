import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  findSelfSpeculation,
  keepSelfSpeculation,
} from "../../../src/engine/drafting/self_speculations.ts";
import { SELF_SPECULATION_FILE } from "../../../src/format/self_speculation.ts";

const DEMO = new URL("../../../weights/demo/", import.meta.url);
const KEPT = {
  attention: [2, 4],
  mlp: [4],
  drafts: 3,
  confidence: 0.25,
  milliseconds: { tuned: 1, plain: 2 },
  date: "2026-01-31",
};
const FOUND = {
  skips: { attention: new Set([2, 4]), mlp: new Set([4]) },
  drafts: 3,
  confidence: 0.25,
};

Deno.test("what is kept for a model and a device is found for them alone", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const name of ["config.json", "generation_config.json", "model.safetensors"]) {
      await Deno.copyFile(new URL(name, DEMO), join(folder, name));
    }
    assertEquals(await findSelfSpeculation(folder, "a GPU"), null);
    const path = await keepSelfSpeculation(folder, "a GPU", KEPT);
    assertEquals(path, join(folder, SELF_SPECULATION_FILE));
    await keepSelfSpeculation(folder, "another", { ...KEPT, drafts: 8 });
    assertEquals(await findSelfSpeculation(folder, "a GPU"), FOUND);
    assertEquals(await findSelfSpeculation(folder, "another"), { ...FOUND, drafts: 8 });
    assertEquals(await findSelfSpeculation(folder, "a third"), null);
    const ofAnother = (await Deno.readTextFile(path)).replace(
      /"fingerprint": "./,
      '"fingerprint": "x',
    );
    await Deno.writeTextFile(path, ofAnother);
    assertEquals(await findSelfSpeculation(folder, "a GPU"), null);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
