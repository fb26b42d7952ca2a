import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { ModelFolder } from "../../../src/engine/model_folder.ts";
import { DataError } from "../../../src/format/errors.ts";
import { Safetensors, writeSafetensors } from "../../../src/format/safetensors/safetensors.ts";
import { requireWrittenWeights } from "../../../src/model/checkpoint/written_weights.ts";

/** A small model. */
const MODEL = fromFileUrl(new URL("../../golden/architectures/llama-bias/", import.meta.url));

const PROBLEM =
  "found only zeros to the end of the file, expected weights; a part of the file was " +
  "never written: get it again";

/** A model whose file holds zeros from that share on. */
async function unwritten(share: number): Promise<ModelFolder> {
  const path = await Deno.makeTempDir();
  await Deno.copyFile(join(MODEL, "config.json"), join(path, "config.json"));
  const bytes = await Deno.readFile(join(MODEL, "model.safetensors"));
  const dataStart = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
  bytes.fill(0, dataStart + Math.round(share * (bytes.length - dataStart)));
  await Deno.writeFile(join(path, "model.safetensors"), bytes);
  return await ModelFolder.open(path);
}

Deno.test("a model whose file ends in zeros is refused before a GPU is asked for", async () => {
  for (const share of [0, 0.5]) {
    const folder = await unwritten(share);
    const error = await assertRejects(() => folder.load(), DataError, PROBLEM);
    assert(error.message.startsWith(`${folder.path}/model.safetensors: tensor "`), error.message);
  }
});

/** Looks at a file of three matrices and a vector; those of 1 hold one number that is not zero, at their end. */
async function check(ones: Record<"first" | "second" | "third", 0 | 1>): Promise<void> {
  const path = join(await Deno.makeTempDir(), "weights.safetensors");
  // More bytes than are looked at together.
  const matrix = (isOne: number) => new Uint8Array(2 ** 20 + 64).fill(isOne, 2 ** 20 + 60);
  await writeSafetensors(path, [
    ...Object.entries(ones).map(([name, isOne]) => (
      { name, dtype: "F32" as const, shape: [2 ** 15 + 2, 8], data: matrix(isOne) }
    )),
    { name: "vector", dtype: "F32", shape: [8], data: new Uint8Array(32) },
  ]);
  using tensors = await Safetensors.openFile(path);
  await requireWrittenWeights(tensors);
}

Deno.test("one matrix of zeros may be meant so, and so may what stands before others", async () => {
  await check({ first: 1, second: 1, third: 0 });
  await check({ first: 0, second: 0, third: 1 });
  await check({ first: 0, second: 1, third: 0 });
  const error = await assertRejects(() => check({ first: 1, second: 0, third: 0 }), DataError);
  assertEquals(error.message.split(": ").slice(1).join(": "), `tensor "third": ${PROBLEM}`);
});
