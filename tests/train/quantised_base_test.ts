/** Maps are trained beside a quantised model as beside one that has its weights in full. */
import { assert } from "@std/assert";
import { join } from "@std/path";
import { randomNormals } from "../../src/checks/oracles/numbers/random.ts";
import {
  encodeSafetensors,
  Safetensors,
  type TensorData,
} from "../../src/format/safetensors/safetensors.ts";
import { dequantise } from "../../src/model/checkpoint/dequantise.ts";
import { loadTransformer } from "../../src/model/loading/load.ts";
import { readConfig } from "../../src/model/read_config.ts";
import type { Transformer } from "../../src/model/transformer.ts";
import { TransferPass } from "../../src/train/hidden_transfer/transfer_pass.ts";
import { TransferWeights } from "../../src/train/hidden_transfer/transfer_weights.ts";
import { readTensors, withFolder } from "../format/support.ts";
import { withGpu } from "../gpu/with_gpu.ts";
import { loadGolden } from "../model/goldens/architecture_goldens.ts";
import { QUANTISED_GOLDENS } from "../model/checkpoint/altered_model.ts";

/** With weights out of order. */
const KIND = "gptq-8b-v2-ordered";

/** On the way back each product's weights are rounded to halves: four in each of two layers, and the head. */
const ROUNDINGS = 9;

const TOKENS = [5, 17, 3, 44, 60, 8, 8, 31, 2, 70, 12, 9];
const LAYERS = [0, 1];

withGpu("loss and gradients are those of the weights in full", async (gpu) => {
  const folder = join(QUANTISED_GOLDENS, KIND);
  using quantised = await loadGolden(gpu, folder);
  const found = await trainingStep(quantised);
  await withFolder({ "model.safetensors": await inFull(folder) }, async (plain) => {
    using tensors = await Safetensors.open(plain);
    const { quantization: _, ...config } = await readConfig(folder);
    using model = await loadTransformer(gpu, config, tensors, { contextLength: 160 });
    const expected = await trainingStep(model);
    assert(Math.abs(found.loss - expected.loss) < 1e-4 * expected.loss);
    for (const [i, gradient] of expected.gradients.entries()) {
      const size = norm(gradient);
      const error = norm(gradient.map((slope, j) => slope - found.gradients[i][j]));
      const isClose = size > 0 && error < ROUNDINGS * 2 ** -12 * size;
      assert(isClose, `${error / size} of the gradient of map ${i}`);
    }
  });
});

/** A file with the weights of a quantised model in full. */
async function inFull(folder: string): Promise<Uint8Array> {
  const { quantization } = await readConfig(folder);
  using tensors = await Safetensors.open(folder);
  const { sizes } = JSON.parse(await Deno.readTextFile(join(folder, "golden.json")));
  const all: TensorData[] = [];
  for (const [module, [rows, inner]] of Object.entries<[number, number]>(sizes)) {
    const matrix = quantization!.open({ tensors, module, rows, inner })!;
    const data = new Uint8Array(dequantise(await matrix.read(0, rows), matrix).buffer);
    all.push({ name: `${module}.weight`, dtype: "F32", shape: [rows, inner], data });
  }
  const others = (await readTensors(folder)).filter(({ name }) =>
    !Object.keys(sizes).some((module) => name.startsWith(`${module}.`))
  );
  return encodeSafetensors([...all, ...others]);
}

/** The loss on a text, and the gradients of random maps. */
async function trainingStep(model: Transformer) {
  const { gpu, config: { hiddenSize } } = model;
  using maps = new TransferWeights(gpu, { hiddenSize, layers: LAYERS, tokenLayer: null });
  const weights = LAYERS.map((_, i) =>
    Float32Array.from(randomNormals(hiddenSize ** 2, i, 1 / Math.sqrt(hiddenSize)))
  );
  maps.parameters.write({ weights });
  using pass = new TransferPass(model, maps, {
    sequenceLength: TOKENS.length,
    loss: "kl",
    batch: 1,
    kv: "f32",
    logitBytes: 0,
  });
  await pass.text.run(TOKENS, { withGradients: true });
  const results = new Float32Array(await gpu.read(pass.rows.results));
  const steps = [...pass.rows.rowSteps];
  const count = steps.filter((step) => step > 0).length;
  const gradients: Float32Array[] = [];
  for (const buffer of maps.parameters.gradients) gradients.push(await gpu.readFloats(buffer));
  return { loss: steps.reduce((sum, _, i) => sum + results[2 * i], 0) / count, gradients };
}

function norm(numbers: Float32Array): number {
  return Math.sqrt(numbers.reduce((sum, number) => sum + number * number, 0));
}
