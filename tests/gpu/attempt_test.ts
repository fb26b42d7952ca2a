import { assert, assertEquals, assertRejects } from "@std/assert";
import { attempt } from "../../src/gpu/attempt.ts";
import { GpuError, OutOfMemoryError } from "../../src/gpu/errors.ts";
import { withGpu } from "./with_gpu.ts";

withGpu("what the device refuses of an attempt fails the attempt alone", async (gpu) => {
  const buffer = gpu.storage("small", 16);
  const writePastEnd = () => Promise.resolve(gpu.write(buffer, 8, new Uint32Array(4)));
  const { message } = await assertRejects(() => attempt(gpu, writePastEnd), GpuError);
  assert(!message.includes("\n"), message);
  await gpu.idle();
  assertEquals(await attempt(gpu, () => Promise.resolve(7)), 7);
  await assertRejects(() => attempt(gpu, () => Promise.reject(new RangeError("mine"))), RangeError);
  gpu.free(buffer);
});

withGpu(
  "of several errors a lack of memory is told, and before what the work throws",
  async (gpu) => {
    const { device } = gpu;
    const reported = [
      new GPUOutOfMemoryError("none left"),
      null,
      new GPUValidationError("invalid"),
    ];
    const popErrorScope = device.popErrorScope;
    device.popErrorScope = async () => {
      await popErrorScope.call(device);
      return reported.shift() ?? null;
    };
    try {
      await assertRejects(
        () => attempt(gpu, () => Promise.reject(new Error("not mapped"))),
        OutOfMemoryError,
        "has no memory left",
      );
    } finally {
      device.popErrorScope = popErrorScope;
    }
  },
);
