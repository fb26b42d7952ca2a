import { assertEquals, assertThrows } from "@std/assert";
import { createDecoder } from "../../src/decode/decoder.ts";
import { autoregressive } from "../../src/draft/autoregressive.ts";
import { OutOfMemoryError } from "../../src/gpu/errors.ts";
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

withGpu("nor does one whose gears or ring cannot be made", async (gpu) => {
  using random = await randomModel(gpu, tiny(), ["F32"]);
  const before = gpu.liveBuffers;
  const kinds = [{ nodes: 1, drafts: "none" }] as const;
  const steer = () => {
    throw new RangeError("no such gears");
  };
  assertThrows(
    () => createDecoder(random.model, { steer }, { ...autoregressive, kinds }),
    RangeError,
    "no such gears",
  );
  assertEquals(gpu.liveBuffers, before);
  const buffer = gpu.buffer;
  gpu.buffer = (label, ...rest) => {
    if (label.startsWith("readback")) throw new OutOfMemoryError(`no room for ${label}`);
    return buffer.call(gpu, label, ...rest);
  };
  try {
    assertThrows(() => createDecoder(random.model), OutOfMemoryError, "no room for readback");
  } finally {
    gpu.buffer = buffer;
  }
  assertEquals(gpu.liveBuffers, before);
});
