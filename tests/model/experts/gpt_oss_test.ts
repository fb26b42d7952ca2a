/** The layers of gpt-oss need each of their tensors in its shape, and are quantised as they are read. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { ModelFolder } from "../../../src/engine/model_folder.ts";
import { quantiseFolder } from "../../../src/engine/quantise/quantise_folder.ts";
import { DataError } from "../../../src/format/errors.ts";
import {
  encodeSafetensors,
  Safetensors,
  type TensorData,
} from "../../../src/format/safetensors/safetensors.ts";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import { loadTransformer } from "../../../src/model/loading/load.ts";
import { readConfig } from "../../../src/model/read_config.ts";
import { hasWayBack } from "../../../src/train/passes/transposed_weights.ts";
import { assertFails, readTensors, withFolder } from "../../format/support.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { Forward } from "../forward.ts";

const FOLDER = fromFileUrl(new URL("../../golden/architectures/gpt-oss", import.meta.url));
const SETTINGS = { bits: 8, group: 32, headBits: 8 } as const;
const IDS = [3, 17, 90, 4, 4, 61, 12];

const config = JSON.parse(await Deno.readTextFile(join(FOLDER, "config.json")));
const tensors = await readTensors(FOLDER);

/** A tensor of layer 1, the shape that it gets, or null if it is taken out, and what the message names. */
const WRONG: readonly [name: string, shape: number[] | null, parts: string[]][] = [
  ["self_attn.sinks", null, ["no tensor"]],
  ["self_attn.sinks", [3], ["shape [3]", "expected [4]"]],
  ["mlp.router.bias", null, ["no tensor"]],
  ["mlp.router.bias", [4], ["shape [4]", "expected [5]"]],
  ["mlp.experts.gate_up_proj", null, ["no tensor"]],
  ["mlp.experts.gate_up_proj", [4, 32, 32], ["shape [4, 32, 32]", "expected [5, 32, 32]"]],
  ["mlp.experts.gate_up_proj", [5, 32, 24], ["shape [5, 32, 24]", "expected [5, 32, 32]"]],
  ["mlp.experts.gate_up_proj", [160, 32], ["shape [160, 32]", "expected [5, 32, 32]"]],
  ["mlp.experts.gate_up_proj_bias", null, ["no tensor"]],
  ["mlp.experts.gate_up_proj_bias", [5, 16], ["shape [5, 16]", "expected [5, 32]"]],
  // As other architectures have it.
  ["mlp.experts.down_proj", [5, 32, 16], ["shape [5, 32, 16]", "expected [5, 16, 32]"]],
  ["mlp.experts.down_proj_bias", null, ["no tensor"]],
  ["mlp.experts.down_proj_bias", [5, 16], ["shape [5, 16]", "expected [5, 32]"]],
];

for (const [name, shape, parts] of WRONG) {
  withGpu(
    `${name} ${shape ? `of shape [${shape}]` : "that is missing"} is refused`,
    async (gpu) => {
      const tensor = `model.layers.1.${name}`;
      const altered = tensors.flatMap((stored): TensorData[] => {
        if (stored.name !== tensor) return [stored];
        if (!shape) return [];
        const length = 2 * shape.reduce((product, size) => product * size);
        return [{ ...stored, shape, data: new Uint8Array(length) }];
      });
      const files = { "config.json": config, "model.safetensors": encodeSafetensors(altered) };
      await withFolder(files, async (folder) => {
        using file = await Safetensors.open(folder);
        const read = await readConfig(folder);
        const all = shape ? [`"${tensor}"`, ...parts] : [...parts, `"${tensor}"`];
        await assertFails(() => loadTransformer(gpu, read, file), DataError, all);
      });
    },
  );
}

withGpu("gpt-oss is the same quantised into a folder and on loading", async (gpu) => {
  const scratch = await Deno.makeTempDir();
  try {
    const copy = join(scratch, "copy");
    await quantiseFolder(await ModelFolder.open(FOLDER), copy, SETTINGS);
    using quantised = await Safetensors.open(copy);
    const experts = "model.layers.0.mlp.experts";
    assertEquals(quantised.stored(`${experts}.gate_up_proj.weight`).shape, [5, 32, 8]);
    // Its rows are shorter than a group.
    assertEquals(quantised.stored(`${experts}.down_proj`).shape, [5, 16, 32]);
    assertEquals(quantised.stored("model.layers.0.mlp.router.weight").dtype, "BF16");
    const expected = await logitsOf(gpu, (await ModelFolder.open(FOLDER)).quantised(SETTINGS));
    assertEquals(await logitsOf(gpu, await ModelFolder.open(copy)), expected);
    const exact = await logitsOf(gpu, await ModelFolder.open(FOLDER));
    const squares = (values: Float32Array) => values.reduce((sum, value) => sum + value ** 2, 0);
    const change = squares(exact.map((logit, i) => logit - expected[i])) / squares(exact);
    assert(change > 0 && change < 0.001, `logits change by ${change}`);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
});

Deno.test("there is no way back through sinks", async () => {
  const { layers, ...others } = await readConfig(FOLDER);
  const dense = layers.map((layer) => ({ ...layer, mlp: { ...layer.mlp, experts: null } }));
  assert(!hasWayBack({ ...others, layers: dense }, 1));
  const plain = dense.map((layer) => ({
    ...layer,
    attention: { ...layer.attention, sinks: false },
  }));
  assert(hasWayBack({ ...others, layers: plain }, 1));
});

/** Logits of a text by the model in a folder. */
async function logitsOf(gpu: Gpu, folder: ModelFolder): Promise<Float32Array> {
  using model = await folder.loadOn(gpu, { contextLength: 32 });
  using forward = new Forward(model, 32);
  return await forward.runText(IDS);
}
