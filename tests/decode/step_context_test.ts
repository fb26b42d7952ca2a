import { assertEquals, assertThrows } from "@std/assert";
import { createDecoder } from "../../src/decode/decoder.ts";
import { autoregressive } from "../../src/draft/autoregressive.ts";
import { withGpu } from "../gpu/with_gpu.ts";
import { randomModel, tiny } from "../model/random_model.ts";

withGpu("a decoder whose drafter cannot be made leaves nothing behind", async (gpu) => {
  using random = await randomModel(gpu, tiny(), ["F32"]);
  const before = gpu.liveBuffers;
  const create = () => {
    throw new RangeError("no such heads");
  };
  assertThrows(
    () => createDecoder(random.model, {}, { ...autoregressive, create }),
    RangeError,
    "no such heads",
  );
  assertEquals(gpu.liveBuffers, before);
});
