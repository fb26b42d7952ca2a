import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { TRANSFER_MAPS } from "../../../src/draft/hidden_transfer/load_maps.ts";
import { writeTransferMaps } from "../../../src/format/trained/transfer_maps.ts";
import type { Transformer } from "../../../src/model/transformer.ts";
import { freeWeightMatrix, uploadMatrix } from "../../../src/ops/products/weights.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { tiny } from "../../model/random_model.ts";

withGpu("maps whose head cannot be made leave nothing behind", async (gpu) => {
  const path = join(await Deno.makeTempDir(), "maps.safetensors");
  const config = tiny();
  const { hiddenSize } = config;
  await writeTransferMaps(path, {
    layers: [0],
    maps: [new Float32Array(hiddenSize ** 2)],
    draftTokens: Uint32Array.of(1, 9),
    parents: { rank: 8, factors: new Float32Array(2 * 2 * 8) },
    baseFingerprint: "0",
    training: {},
  });
  const head = uploadMatrix(gpu, "head", new Float32Array(8 * hiddenSize), hiddenSize);
  const before = gpu.liveBuffers;
  const load = (head: Transformer["weights"]["head"]) =>
    TRANSFER_MAPS.load({ gpu, config, weights: { head } } as unknown as Transformer, path);
  await assertRejects(() => load(head), RangeError, "column 9 of a matrix of 8");
  assertEquals(gpu.liveBuffers, before);

  const larger = uploadMatrix(gpu, "head", new Float32Array(16 * hiddenSize), hiddenSize);
  (await load(larger))[Symbol.dispose]();
  for (const matrix of [head, larger]) freeWeightMatrix(gpu, matrix);
});
