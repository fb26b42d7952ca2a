/** Which tensors are the embedding and the LM head. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { DataError } from "../../../src/format/errors.ts";
import {
  encodeSafetensors,
  Safetensors,
  type TensorData,
} from "../../../src/format/safetensors/safetensors.ts";
import { llama } from "../../../src/model/architectures/llama/llama.ts";
import { type EmbeddingAndHead, findHead } from "../../../src/model/loading/tied_head.ts";
import { assertFails, withFile } from "../../format/support.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { chainRows, createKvCache, forwardRows } from "../../reference/model.ts";
import { SLOTS } from "../batches/batches.ts";
import { assertClose, logitTolerance } from "../closeness.ts";
import { Forward } from "../forward.ts";
import { TINY_ARCHITECTURES } from "../goldens/tiny_architectures.ts";
import { randomModel, tiny } from "../random_model.ts";

const EMBEDDING = "model.embed_tokens.weight";
const HEAD = "lm_head.weight";

function tensor(name: string, values: number[], shape = [1, values.length]): TensorData {
  return { name, dtype: "F32", shape, data: new Uint8Array(Float32Array.from(values).buffer) };
}

/** What is found in a file of these tensors. */
async function find(tensors: TensorData[], isTied: boolean): Promise<EmbeddingAndHead> {
  let found: EmbeddingAndHead | undefined;
  await withFile(encodeSafetensors(tensors), async (path) => {
    using file = await Safetensors.openFile(path);
    found = await findHead(file, llama.tensors(tiny()), isTied);
  });
  return found!;
}

Deno.test("a head that is tied may be the embedding, or stand beside it with the same numbers", async () => {
  const tied = { embedding: EMBEDDING, head: EMBEDDING, isTied: true };
  assertEquals(await find([tensor(EMBEDDING, [1, 2])], true), tied);
  const both = [tensor(EMBEDDING, [1, 2]), tensor(HEAD, [1, 2])];
  assertEquals(await find(both, true), { ...tied, head: HEAD });
});

Deno.test("where the head alone is stored, it is the embedding", async () => {
  const swapped = { embedding: HEAD, head: HEAD, isTied: true };
  assertEquals(await find([tensor(HEAD, [1, 2])], true), swapped);
});

Deno.test("a head with other numbers, another type or another shape is its own", async () => {
  const own = { embedding: EMBEDDING, head: HEAD, isTied: false };
  const embedding = tensor(EMBEDDING, [1, 2]);
  const half: TensorData = { ...tensor(HEAD, [1]), dtype: "F16", shape: [1, 2] };
  for (const head of [tensor(HEAD, [1, 3]), half, tensor(HEAD, [1, 2], [2, 1])]) {
    assertEquals(await find([embedding, head], true), own);
  }
  assertEquals(await find([embedding, tensor(HEAD, [1, 2])], false), own);
});

Deno.test("a head that is quantised where the embedding is not, or the other way, is its own", async () => {
  const own = { embedding: EMBEDDING, head: HEAD, isTied: false };
  const both = [tensor(EMBEDDING, [1, 2]), tensor(HEAD, [1, 2])];
  for (const module of ["lm_head", "model.embed_tokens"]) {
    assertEquals(await find([...both, tensor(`${module}.weight_scale`, [1])], true), own);
  }
});

Deno.test("a bias of the head is no head", async () => {
  const tied = { embedding: EMBEDDING, head: EMBEDDING, isTied: true };
  const bias = tensor("lm_head.bias", [3], [1]);
  assertEquals(await find([tensor(EMBEDDING, [1, 2]), bias], true), tied);
  const both = [tensor(EMBEDDING, [1, 2]), tensor(HEAD, [1, 2]), bias];
  assertEquals(await find(both, true), { ...tied, head: HEAD });
});

Deno.test("numbers are compared to the last", async () => {
  const many = Array.from({ length: 2 ** 21 + 5 }, (_, i) => i);
  const embedding = tensor(EMBEDDING, many);
  assertEquals((await find([embedding, tensor(HEAD, many)], true)).isTied, true);
  const other = tensor(HEAD, many.with(-1, 0));
  assertEquals((await find([embedding, other], true)).isTied, false);
});

Deno.test("a missing head is told with what config.json says of it", async () => {
  const parts = ['no tensor "lm_head.weight"', "tie_word_embeddings true", "say so there"];
  await assertFails(() => find([tensor(EMBEDDING, [1, 2])], false), DataError, parts);
});

withGpu("a model whose file has a head of its own uses it", async (gpu) => {
  const tokens = [1, 2, 3];
  const config = tiny();
  const tied = tiny({ tieWordEmbeddings: true });
  using untied = await randomModel(gpu, config, ["F32"]);
  using expected = new Forward(untied.model, 128);
  using random = await randomModel(gpu, config, ["F32"], tied);
  using found = new Forward(random.model, 128);
  const logits = await expected.runText(tokens);
  assertEquals(await found.runText(tokens), logits);
  using shared = await randomModel(gpu, tied, ["F32"]);
  using other = new Forward(shared.model, 128);
  assertNotEquals(await other.runText(tokens), logits);
});

withGpu("a head that is the embedding has a bias of its own", async (gpu) => {
  const phi = TINY_ARCHITECTURES.find(({ headBias }) => headBias)!;
  const config = { ...phi, tieWordEmbeddings: true };
  using random = await randomModel(gpu, config, ["F32"]);
  using forward = new Forward(random.model, SLOTS);
  const ids = [1, 2, 3];
  const rows = chainRows(ids, 0);
  const { logits } = forwardRows(random.weights, config, rows, createKvCache(config, SLOTS));
  assertClose(await forward.runText(ids), logits, logitTolerance(config));
});
