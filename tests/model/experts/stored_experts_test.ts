/** Experts give the same bits in whichever way files store them, as floats and quantised. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { ModelFolder } from "../../../src/engine/model_folder.ts";
import { quantiseFolder } from "../../../src/engine/quantise/quantise_folder.ts";
import { DataError } from "../../../src/format/errors.ts";
import { encodeSafetensors, Safetensors } from "../../../src/format/safetensors/safetensors.ts";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import { loadTransformer } from "../../../src/model/loading/load.ts";
import { readConfig } from "../../../src/model/read_config.ts";
import type { Transformer } from "../../../src/model/transformer.ts";
import { assertFails, readTensors } from "../../format/support.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { Forward } from "../forward.ts";

const APART = fromFileUrl(new URL("../../golden/architectures/qwen3-moe", import.meta.url));
const SETTINGS = { bits: 4, group: 32, headBits: 8 } as const;
const IDS = [3, 17, 90, 4, 4, 61, 12];

const scratch = await Deno.makeTempDir();
const tensors = await readTensors(APART);
const STACKS = {
  "in one tensor, gate and up fused": await writeFolder("fused", [
    { parts: ["gate_proj", "up_proj"], name: "experts.gate_up_proj" },
    { parts: ["down_proj"], name: "experts.down_proj" },
  ]),
  "as MLX has them": await writeFolder(
    "stacked",
    ["gate_proj", "up_proj", "down_proj"].map((part) => ({
      parts: [part],
      name: `switch_mlp.${part}.weight`,
    })),
  ),
};

for (const [title, folder] of Object.entries(STACKS)) {
  withGpu(`experts ${title} are the same`, async (gpu) => {
    assertEquals(await logitsOf(gpu, folder), await logitsOf(gpu, APART));
  });

  withGpu(`experts ${title} are the same if they are quantised`, async (gpu) => {
    const copies: string[] = [];
    for (const source of [folder, APART]) {
      const copy = `${await Deno.makeTempDir({ dir: scratch })}/copy`;
      await quantiseFolder(await ModelFolder.open(source), copy, SETTINGS);
      copies.push(copy);
    }
    const expected = await logitsOf(gpu, copies[1]);
    assertEquals(await logitsOf(gpu, copies[0]), expected);
    const loaded = (await ModelFolder.open(folder)).quantised(SETTINGS);
    assertEquals(await logitsOf(gpu, loaded), expected);
    assert(expected.some(Number.isFinite), "no numbers were compared");
    using quantised = await Safetensors.open(copies[0]);
    assertEquals(quantised.stored("model.layers.0.mlp.gate.weight").dtype, "BF16");
  });
}

withGpu("experts that are not as many as config.json says are told in one line", async (gpu) => {
  const stacked = STACKS["as MLX has them"];
  const cases: [folder: string, count: number, parts: string[]][] = [
    [APART, 9, ['no tensor "model.layers.0.mlp.experts.8.gate_proj.weight"']],
    [APART, 7, ['"model.layers.0.mlp.gate.weight"', "shape [8, 32]", "expected [7, 32]"]],
    [stacked, 7, ['"model.layers.0.mlp.switch_mlp.gate_proj.weight"', "shape", "expected"]],
  ];
  for (const [folder, count, parts] of cases) {
    const config = await readConfig(folder);
    const layers = config.layers.map((layer) => {
      const experts = layer.mlp.experts && { ...layer.mlp.experts, count };
      return { ...layer, mlp: { ...layer.mlp, experts } };
    });
    using file = await Safetensors.open(folder);
    await assertFails(() => loadTransformer(gpu, { ...config, layers }, file), DataError, parts);
  }
});

/** Logits of a text by the model in a folder. */
async function logitsOf(gpu: Gpu, folder: string | ModelFolder): Promise<Float32Array> {
  const opened = typeof folder === "string" ? await ModelFolder.open(folder) : folder;
  using model: Transformer = await opened.loadOn(gpu, { contextLength: 32 });
  if (opened.config.quantization) {
    assertEquals(model.weights.layers[0].mlpInputs.weights.format, "U4");
  }
  using forward = new Forward(model, 32);
  return await forward.runText(IDS);
}

/** A copy of the folder in which parts of all experts stand in one tensor, those of each expert together. */
async function writeFolder(
  label: string,
  stacks: readonly { parts: readonly string[]; name: string }[],
): Promise<string> {
  const folder = join(scratch, label);
  await Deno.mkdir(folder);
  await Deno.copyFile(join(APART, "config.json"), join(folder, "config.json"));
  const stored = tensors.filter(({ name }) => !name.includes(".experts."));
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  for (const layer of [0, 2]) { // The one between has no experts.
    for (const { parts, name } of stacks) {
      const matrices = Array.from(
        { length: 8 },
        (_, expert) =>
          parts.map((part) =>
            byName.get(`model.layers.${layer}.mlp.experts.${expert}.${part}.weight`)!
          ),
      ).flat();
      const [{ dtype, shape: [rows, inner], data: { length } }] = matrices;
      const data = new Uint8Array(matrices.length * length);
      matrices.forEach((matrix, i) => data.set(matrix.data, i * length));
      const shape = [8, parts.length * rows, inner];
      stored.push({ name: `model.layers.${layer}.mlp.${name}`, dtype, shape, data });
    }
  }
  await Deno.writeFile(join(folder, "model.safetensors"), encodeSafetensors(stored));
  return folder;
}
