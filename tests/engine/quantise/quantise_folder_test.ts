/** Quantised copies of models: what stands in them, and that they are the model quantised on loading. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { createDecoder } from "../../../src/decode/decoder.ts";
import { GREEDY } from "../../../src/ops/choose.ts";
import { ModelFolder } from "../../../src/engine/model_folder.ts";
import {
  type QuantisedMatrix,
  quantiseFolder,
} from "../../../src/engine/quantise/quantise_folder.ts";
import { DataError } from "../../../src/format/errors.ts";
import { Safetensors } from "../../../src/format/safetensors/safetensors.ts";
import { collect } from "../../decode/collect.ts";
import { DEMO_FOLDER } from "../../format/support.ts";
import { GOLDENS } from "../../model/goldens/architecture_goldens.ts";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import { withGpu } from "../../gpu/with_gpu.ts";

const scratch = await Deno.makeTempDir();

const demo = await ModelFolder.open(DEMO_FOLDER);
const SETTINGS = { bits: 4, group: 64, headBits: 8 } as const;
const COPY = join(scratch, "copy");
const matrices: QuantisedMatrix[] = [];
await quantiseFolder(demo, COPY, SETTINGS, { onMatrix: (matrix) => matrices.push(matrix) });

Deno.test("a copy has codes, scales and biases for each matrix, and the rest as it was", async () => {
  using before = await Safetensors.open(DEMO_FOLDER);
  using after = await Safetensors.open(COPY);
  const { hiddenSize, vocabSize, layerCount } = demo.config;
  assertEquals(after.stored("model.embed_tokens.weight").shape, [vocabSize, hiddenSize / 4]);
  const { dtype, shape } = after.stored("model.layers.0.mlp.up_proj.weight");
  assertEquals([dtype, shape[1]], ["U32", hiddenSize / 8]);
  assertEquals(after.stored("model.layers.0.mlp.up_proj.scales").shape[1], hiddenSize / 64);
  const norm = "model.norm.weight";
  const read = (tensors: Safetensors) => tensors.readNow(norm, 0, tensors.stored(norm).byteLength);
  assertEquals(read(after), read(before));
  assertEquals(matrices.length, 1 + 7 * layerCount);
  for (const { module, bits, relativeError } of matrices) {
    assertEquals(bits, module === "model.embed_tokens" ? 8 : 4);
    assert(relativeError > 0 && relativeError < (bits === 4 ? 0.12 : 0.01), module);
  }
  const files = [...Deno.readDirSync(COPY)].map(({ name }) => name).sort();
  assertEquals(files, [
    "config.json",
    "generation_config.json",
    "hidden_transfer.safetensors",
    "medusa_heads.safetensors",
    "model.safetensors",
    "phrases.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
  ]);
});

Deno.test("a copy knows the weights that it was made of, and what was made for these is its own", async () => {
  const copy = await ModelFolder.open(COPY);
  const [own, before] = [await copy.fingerprint(), await demo.fingerprint()];
  assert(own !== before);
  const known = [own, before, "0".repeat(64), undefined];
  const isKnown = await Promise.all(known.map((fingerprint) => copy.isOfWeights(fingerprint)));
  assertEquals(isKnown, [true, true, false, false]);
  assertEquals(await demo.isOfWeights(own), false);
  assertEquals(await demo.isOfWeights(undefined), false);
});

withGpu("a copy says what the model says that is quantised on loading", async (gpu) => {
  const copy = await ModelFolder.open(COPY);
  const loaded = demo.quantised(SETTINGS);
  assertEquals(await decode(gpu, copy), await decode(gpu, loaded));
  const fingerprints = [demo, copy, loaded].map((folder) => folder.fingerprint());
  assertEquals(new Set(await Promise.all(fingerprints)).size, 3);
});

withGpu(
  "a copy of matrices that are stored transposed says what the model says quantised on loading",
  async (gpu) => {
    const path = join(GOLDENS, "gpt2-bare");
    const model = await ModelFolder.open(path);
    const target = join(scratch, "upright");
    // Rows of the MLP's second matrix have no whole groups: it stays as it is.
    const settings = { bits: 4, group: 32, headBits: 8 } as const;
    await quantiseFolder(model, target, settings);
    const shapes = await shapesOf(target);
    assertEquals([shapes("h.0.attn.c_attn"), shapes("h.0.mlp.c_proj")], [[96, 4], [48, 32]]);
    const copy = await ModelFolder.open(target);
    assertEquals(await decode(gpu, copy), await decode(gpu, model.quantised(settings)));
    await Deno.remove(target, { recursive: true });
  },
);

/** Shapes of the weights of modules. */
async function shapesOf(folder: string): Promise<(module: string) => number[]> {
  using tensors = await Safetensors.open(folder);
  return (module) => tensors.stored(`${module}.weight`).shape;
}

/** Ids that a model chooses. */
async function decode(gpu: Gpu, folder: ModelFolder): Promise<number[]> {
  const promptIds = [11, 32, 45, 7];
  const request = { promptIds, maxTokens: 24, sampling: GREEDY, eosTokenIds: [] };
  using model = await folder.loadOn(gpu);
  using decoder = createDecoder(model);
  return (await collect(decoder, request)).ids;
}

Deno.test("what is quantised already is refused, and a copy that was stopped leaves nothing", async () => {
  const copy = await ModelFolder.open(COPY);
  const other = join(scratch, "other");
  const error = await assertRejects(() => quantiseFolder(copy, other, SETTINGS), DataError);
  assert(error.message.includes("quantised already"), error.message);
  let thrown: unknown;
  try {
    copy.quantised(SETTINGS);
  } catch (error) {
    thrown = error;
  }
  assert(thrown instanceof DataError);
  const stop = new AbortController();
  const options = { signal: stop.signal, onProgress: () => stop.abort() };
  await assertRejects(() => quantiseFolder(demo, other, SETTINGS, options));
  assertEquals([...Deno.readDirSync(scratch)].map(({ name }) => name), ["copy"]);
});

Deno.test("what could not be removed of a copy that was stopped hides no error and is told", async () => {
  const reason = new Error("enough was seen");
  const left: string[] = [];
  const options = {
    signal: AbortSignal.abort(reason),
    onLeftover: (path: string) => left.push(path),
  };
  const { remove } = Deno;
  Deno.remove = () => Promise.reject(new Deno.errors.PermissionDenied("not yours"));
  try {
    const quantise = () => quantiseFolder(demo, join(scratch, "kept"), SETTINGS, options);
    assertEquals(await assertRejects(quantise, Error), reason);
  } finally {
    Deno.remove = remove;
  }
  assertEquals([left.length, left[0].startsWith(join(scratch, "kept."))], [1, true]);
  await Deno.remove(left[0], { recursive: true });
});

Deno.test("what lies beside the weights and is no file is passed over", async () => {
  const source = join(scratch, "links");
  await Deno.mkdir(source);
  const script =
    'cd "$0" && ln -s "$1"/* . && ln -s "$1" tokenizer_files && ln -s nowhere LICENSE && ' +
    "mkfifo tokenizer_pipe";
  await new Deno.Command("sh", { args: ["-c", script, source, DEMO_FOLDER] }).output();
  const reason = new Error("enough was seen");
  const signal = AbortSignal.abort(reason);
  const copy = join(scratch, "of links");
  const quantise = async () =>
    await quantiseFolder(await ModelFolder.open(source), copy, SETTINGS, { signal });
  assertEquals(await assertRejects(quantise, Error), reason);
});
