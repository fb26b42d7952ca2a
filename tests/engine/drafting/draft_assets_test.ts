/** What is kept for a model and a device is found for them alone. */

import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { describeError } from "../../../src/cli/errors.ts";
import { TRANSFER_MAPS } from "../../../src/draft/hidden_transfer/load_maps.ts";
import { MAPS_TUNING } from "../../../src/draft/hidden_transfer/tuning.ts";
import { MEASURED_SELF_SPECULATION } from "../../../src/draft/layer_skipping/self_speculative.ts";
import { FolderAssets } from "../../../src/engine/drafting/draft_assets.ts";
import { requireMethod } from "../../../src/engine/drafting/drafting.ts";
import { OutputFailedError } from "../../../src/engine/errors.ts";
import { ModelFolder } from "../../../src/engine/model_folder.ts";
import { NoInputError } from "../../../src/format/errors.ts";
import { SELF_SPECULATION_FILE } from "../../../src/format/settings/self_speculation.ts";
import type { Transformer } from "../../../src/model/transformer.ts";
import { withFolder } from "../../format/support.ts";
import { DEMO, writeIdentityMaps } from "../maps_file.ts";

const MEASUREMENT = { milliseconds: { tuned: 2, plain: 3 }, date: "2026-01-31" };
const TUNING = { method: "combined", nodes: 4, inPassNodes: 0, ...MEASUREMENT };
const SELF_SPECULATION = {
  attention: [2, 4],
  mlp: [4],
  drafts: 3,
  confidence: 0.25,
  ...MEASUREMENT,
};

/** A model on a device of this name; nothing else of it is looked at. */
function on(name: string): Transformer {
  return { gpu: { name } } as unknown as Transformer;
}

/** The assets of the demo model with other maps. */
async function withMaps(path: string, layers: readonly number[]): Promise<FolderAssets> {
  await writeIdentityMaps(path, layers);
  return await FolderAssets.open(await ModelFolder.open(DEMO), {
    files: { "hidden-transfer": path },
  });
}

Deno.test("a tuning serves the device and the maps that it was measured with, and no others", async () => {
  await withFolder({}, async (folder) => {
    const maps = join(folder, "maps.safetensors");
    using assets = await withMaps(maps, [3, 5]);
    assertEquals(await assets.measured(MAPS_TUNING, on("a GPU")), null);
    const path = await assets.keep(MAPS_TUNING, on("a GPU"), TUNING);
    assertEquals(path, join(folder, "hidden_transfer.tuning.json"));
    await assets.keep(MAPS_TUNING, on("another"), { ...TUNING, nodes: 8 });
    assertEquals(await assets.measured(MAPS_TUNING, on("a GPU")), TUNING);
    assertEquals((await assets.measured(MAPS_TUNING, on("another")))?.nodes, 8);
    assertEquals(await assets.measured(MAPS_TUNING, on("a third")), null);
    using others = await withMaps(join(folder, "others.safetensors"), [3]);
    assertEquals(await others.measured(MAPS_TUNING, on("a GPU")), null);
  });
});

Deno.test("a tuning that can be kept nowhere is told in one line, with 74", async () => {
  await withFolder({ home: "a file where a folder should be" }, async (folder) => {
    const state = Deno.env.get("XDG_STATE_HOME");
    Deno.env.set("XDG_STATE_HOME", join(folder, "home"));
    const maps = join(folder, "maps");
    try {
      await Deno.mkdir(maps);
      using assets = await withMaps(join(maps, "maps.safetensors"), [3]);
      await Deno.mkdir(join(maps, MAPS_TUNING.file)); // Nothing can be written over a folder.
      const keep = () => assets.keep(MAPS_TUNING, on("a GPU"), TUNING);
      const error = await assertRejects(keep, OutputFailedError);
      assertEquals(describeError(error).exitCode, 74);
      assertMatch(error.message, /^what was found can be kept neither in .*maps nor in your own/);
    } finally {
      if (state === undefined) Deno.env.delete("XDG_STATE_HOME");
      else Deno.env.set("XDG_STATE_HOME", state);
    }
  });
});

Deno.test("what is kept for a model and a device is found for them alone", async () => {
  await withFolder({}, async (folder) => {
    for (const name of ["config.json", "generation_config.json", "model.safetensors"]) {
      await Deno.copyFile(join(DEMO, name), join(folder, name));
    }
    using assets = await FolderAssets.open(await ModelFolder.open(folder));
    const find = (device: string) => assets.measured(MEASURED_SELF_SPECULATION, on(device));
    assertEquals(await find("a GPU"), null);
    const path = await assets.keep(MEASURED_SELF_SPECULATION, on("a GPU"), SELF_SPECULATION);
    assertEquals(path, join(folder, SELF_SPECULATION_FILE));
    const other = { ...SELF_SPECULATION, drafts: 8 };
    await assets.keep(MEASURED_SELF_SPECULATION, on("another"), other);
    assertEquals(await find("a GPU"), SELF_SPECULATION);
    assertEquals(await find("another"), other);
    assertEquals(await find("a third"), null);
    const ofAnother = (await Deno.readTextFile(path)).replace(
      /"fingerprint": "./,
      '"fingerprint": "x',
    );
    await Deno.writeTextFile(path, ofAnother);
    assertEquals(await find("a GPU"), null);
  });
});

Deno.test("an asset that is missing is told with what makes it, and one that was named is required", async () => {
  await withFolder({}, async (folder) => {
    await Deno.copyFile(join(DEMO, "config.json"), join(folder, "config.json"));
    const model = await ModelFolder.open(folder);
    const shipped = join(folder, "none");
    using assets = await FolderAssets.open(model, { shipped });
    assertEquals(
      assets.missing(TRANSFER_MAPS),
      `${
        join(folder, "hidden_transfer.safetensors")
      }, which foretoken train hidden-transfer makes, ` +
        "or --maps FILE",
    );
    assertThrows(
      () => requireMethod("hidden-transfer", assets),
      NoInputError,
      "or --maps FILE; what works without: auto, prompt-lookup, self-speculative, early-exit",
    );
    const file = join(folder, "maps.safetensors");
    const { message } = await assertRejects(
      () => FolderAssets.open(model, { files: { "hidden-transfer": file } }),
      NoInputError,
    );
    assertEquals(message, `${file}: no such file; expected maps of hidden transfer`);
    using asFolder = await FolderAssets.open(model, {
      shipped,
      files: { "hidden-transfer": folder },
    });
    await assertRejects(
      () => asFolder.measured(MAPS_TUNING, on("a GPU")),
      NoInputError,
      `${folder}: is a folder; expected a file with maps of hidden transfer`,
    );
  });
});
