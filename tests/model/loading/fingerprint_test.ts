/** Fingerprints of models: which file of maps belongs to which. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { encodeSafetensors, Safetensors } from "../../../src/format/safetensors/safetensors.ts";
import type { ModelConfig } from "../../../src/model/config.ts";
import { folderFingerprint, modelFingerprint } from "../../../src/model/loading/fingerprint.ts";
import { DEMO_FOLDER, withFile } from "../../format/support.ts";
import { demoConfig } from "../demo_model.ts";
import { tiny } from "../random_model.ts";

Deno.test("the demo model has the fingerprint that its maps, heads and phrases were made with", async () => {
  const expected = await folderFingerprint(DEMO_FOLDER, await demoConfig());
  for (
    const name of [
      "hidden_transfer.safetensors",
      "medusa_heads.safetensors",
      "phrases.safetensors",
    ]
  ) {
    using file = await Safetensors.openFile(join(DEMO_FOLDER, name));
    assertEquals(file.metadata.get("base_fingerprint"), expected, name);
  }
});

/** The fingerprint of a file with one tensor under this config. */
async function of(config: ModelConfig, values = [1, 2]): Promise<string> {
  const data = new Uint8Array(Float32Array.from(values).buffer);
  const bytes = encodeSafetensors([{ name: "weights", dtype: "F32", shape: [2], data }]);
  let found = "";
  await withFile(bytes, async (path) => {
    using tensors = await Safetensors.openFile(path);
    found = await modelFingerprint(config, tensors);
  });
  return found;
}

Deno.test("sizes, rotation and weights change the fingerprint, the text's ends do not", async () => {
  const all = await Promise.all([
    of(tiny()),
    of(tiny(), [1, 3]),
    of(tiny({ layerCount: 3 })),
    of(tiny({ ropeTheta: 7 })),
    of(tiny({ ropeScaling: { type: "linear", factor: 2 } })),
    of({ ...tiny(), architecture: "AnotherForCausalLM" }),
  ]);
  assertEquals(new Set(all).size, all.length);
  assertEquals(await of({ ...tiny(), eosTokenIds: [2] }), all[0]);
});
