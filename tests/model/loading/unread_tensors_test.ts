/** Tensors that nothing reads. */
import { assertThrows } from "@std/assert";
import { DataError } from "../../../src/format/errors.ts";
import { encodeSafetensors, Safetensors } from "../../../src/format/safetensors/safetensors.ts";
import { requireAllRead } from "../../../src/model/loading/unread_tensors.ts";
import { assertFails, withFile } from "../../format/support.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../random_model.ts";

/** Checks a file of tensors with these names of which `read` are read. */
async function check(names: string[], read: string[]): Promise<void> {
  const tensors = names.map((name) => (
    { name, dtype: "F32" as const, shape: [1], data: new Uint8Array(4) }
  ));
  await withFile(encodeSafetensors(tensors), async (path) => {
    using file = await Safetensors.openFile(path);
    requireAllRead(file, new Set(read));
  });
}

Deno.test("every tensor is read, or follows from the configuration", async () => {
  const derived = ["model.layers.0.self_attn.rotary_emb.inv_freq", "rotary_emb.inv_freq"];
  await check(["a", "b", ...derived], ["a", "b"]);
});

Deno.test("tensors that nothing reads are refused by name", async () => {
  await assertFails(() => check(["a", "b"], ["a"]), DataError, [
    'found tensor "b", expected nothing that the architecture',
    "check that config.json belongs to these weights",
  ]);
  const names = ["a", "b", "c", "d", "e"];
  await assertFails(() => check(names, ["c", "e"]), DataError, [
    'found tensors "a", "b", "d", exp',
  ]);
  await assertFails(() => check(names, ["c"]), DataError, [
    'found tensors "a", "b", "d" and 1 more',
  ]);
});

withGpu("a model with a layer too many is refused before anything is uploaded", async (gpu) => {
  const load = () => randomModel(gpu, tiny({ layerCount: 3 }), ["F32"], tiny({ layerCount: 2 }));
  await assertFails(load, DataError, ['"model.layers.2.', "and 6 more"]);
});

Deno.test("a tensor of a type that cannot be read counts too", async () => {
  const header = '{"ids":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}';
  const bytes = new Uint8Array(8 + header.length + 8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(new TextEncoder().encode(header), 8);
  await withFile(bytes, async (path) => {
    using file = await Safetensors.openFile(path);
    assertThrows(() => requireAllRead(file, new Set()), DataError, '"ids"');
  });
});
