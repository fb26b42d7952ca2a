/** What came with the program is found for a checkpoint in any folder, and for its copies. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { TRANSFER_MAPS } from "../../../src/draft/hidden_transfer/load_maps.ts";
import { COMBINED } from "../../../src/draft/hidden_transfer/combined.ts";
import { createMethod } from "../../../src/draft/method.ts";
import { PHRASES_ASSET } from "../../../src/draft/phrases/load_phrases.ts";
import { FolderAssets } from "../../../src/engine/drafting/draft_assets.ts";
import { shippedFor } from "../../../src/engine/drafting/shipped_assets.ts";
import { ModelFolder } from "../../../src/engine/model_folder.ts";
import { NO_TOKEN, writePhrases } from "../../../src/format/trained/phrases.ts";
import { modelSizes } from "../../../src/model/loading/fingerprint.ts";
import { withFolder } from "../../format/support.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { demoConfig, demoModel } from "../../model/demo_model.ts";
import { DEMO, writeIdentityMaps } from "../maps_file.ts";

/** A copy of the demo model that has no maps, and a folder of what came with the program. */
async function withCopy(run: (model: ModelFolder, shipped: string) => Promise<void>) {
  await withFolder({}, async (folder) => {
    for (const name of ["config.json", "model.safetensors"]) {
      await Deno.copyFile(join(DEMO, name), join(folder, name));
    }
    const shipped = join(folder, "shipped");
    for (const name of ["a copy", "its base", "something else"]) {
      await Deno.mkdir(join(shipped, name), { recursive: true });
    }
    await run(await ModelFolder.open(folder), shipped);
  });
}

const OTHER = { baseFingerprint: "0".repeat(64) };
const SIZES = { baseSizes: modelSizes(await demoConfig()) };

Deno.test("of what came with the program the weights decide, else the sizes", async () => {
  await withCopy(async (model, shipped) => {
    const found = () => shippedFor(TRANSFER_MAPS, model, shipped);
    const fileIn = (name: string) => join(shipped, name, TRANSFER_MAPS.kind.file);
    assertEquals(await found(), null);
    await writeIdentityMaps(fileIn("something else"), [3], { ...OTHER, baseSizes: "others" });
    assertEquals(await found(), null);
    await writeIdentityMaps(fileIn("a copy"), [3], { ...OTHER, ...SIZES });
    assertEquals(await found(), fileIn("a copy"));
    await writeIdentityMaps(fileIn("its base"), [3], SIZES);
    assertEquals(await found(), fileIn("its base"));
    assertEquals(await shippedFor(TRANSFER_MAPS, model, join(shipped, "nowhere")), null);
  });
});

withGpu(
  "maps and phrases that lie in one folder are both found, and both are drafted with",
  async (gpu) => {
    using onGpu = await demoModel(gpu);
    await withCopy(async (model, shipped) => {
      await writeIdentityMaps(join(shipped, "a copy", TRANSFER_MAPS.kind.file), [3], SIZES);
      await writePhrases(join(shipped, "a copy", PHRASES_ASSET.kind.file), {
        lists: 2,
        width: 1,
        contexts: Uint32Array.of(NO_TOKEN, NO_TOKEN, NO_TOKEN, NO_TOKEN, NO_TOKEN, 7),
        tokens: Uint32Array.of(7, 9),
        logProbabilities: Float32Array.of(-1, -0.5),
        baseFingerprint: await model.fingerprint(),
        ...SIZES,
        training: { held: { gains: { 4: 1.5 } } },
      });
      const before = gpu.liveBuffers;
      {
        using assets = await FolderAssets.open(model, { shipped });
        const { name, likelyGain } = await createMethod(COMBINED, onGpu, assets, { nodes: 4 });
        assertEquals([name, likelyGain?.(4, "lookups")], ["combined", 1 + 0.75 * 0.5]);
        const phrases = await assets.load(PHRASES_ASSET, onGpu);
        const words = new Float32Array(await gpu.read(phrases.phrases));
        assertEquals([words[0], words[3]], [-1, -0.5]);
      }
      assertEquals(gpu.liveBuffers, before);
    });
  },
);

withGpu("maps of other weights are drafted with, and one line says so", async (gpu) => {
  using onGpu = await demoModel(gpu);
  await withCopy(async (model, shipped) => {
    const path = join(shipped, "a copy", TRANSFER_MAPS.kind.file);
    const warnings = async (base: Parameters<typeof writeIdentityMaps>[2], folder = model) => {
      await writeIdentityMaps(path, [3], base);
      const lines: string[] = [];
      const onWarning = (line: string) => lines.push(line);
      using assets = await FolderAssets.open(folder, { shipped, onWarning });
      assertEquals(assets.missing(TRANSFER_MAPS), null);
      await assets.load(TRANSFER_MAPS, onGpu);
      await assets.load(TRANSFER_MAPS, onGpu);
      return lines;
    };
    assertEquals(await warnings(SIZES), []);
    // They are this model's own, also where it is quantised on loading.
    const quantised = model.quantised({ bits: 4, group: 64, headBits: 8 });
    assertEquals(await warnings(SIZES, quantised), []);
    const lines = await warnings({ ...OTHER, ...SIZES });
    assertEquals(lines.length, 1);
    assertStringIncludes(lines[0], `${path}: these maps of hidden transfer were made for other`);
    assertStringIncludes(lines[0], ": foretoken train hidden-transfer makes its own");
  });
});
