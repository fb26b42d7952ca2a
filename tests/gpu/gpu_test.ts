import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { bytesText } from "../../src/gpu/bytes_text.ts";
import { GpuError, OutOfMemoryError } from "../../src/gpu/errors.ts";
import { requestGpu } from "../../src/gpu/request_gpu.ts";
import { withGpu } from "./with_gpu.ts";

withGpu("what is uploaded is read back, as a whole and by ranges", async (gpu) => {
  const buffer = gpu.upload("numbers", Float32Array.of(1, -2, 3.5, 4, 5, 6, 7, 8));
  assertEquals([...await gpu.readFloats(buffer)], [1, -2, 3.5, 4, 5, 6, 7, 8]);
  assertEquals([...await gpu.readFloats(buffer, 1, 2)], [-2, 3.5]);
  assertEquals([...await gpu.readWords(buffer, 7, 1)], [0x41000000]);
  gpu.free(buffer);
});

withGpu("new buffers are zeroed and their size is whole vectors", async (gpu) => {
  const buffer = gpu.storage("zeros", 17);
  assertEquals(buffer.size, 32);
  assertEquals(new Uint8Array(await gpu.read(buffer)), new Uint8Array(32));
  gpu.free(buffer);
});

withGpu("writing nothing changes nothing", async (gpu) => {
  const buffer = gpu.upload("numbers", Uint32Array.of(1, 2, 3, 4));
  gpu.write(buffer, 4, new Uint32Array(0));
  assertEquals([...await gpu.readWords(buffer)], [1, 2, 3, 4]);
  gpu.free(buffer);
});

withGpu("live buffers are counted, and nothing is freed twice", (gpu) => {
  const [bytes, count] = [gpu.liveBytes, gpu.liveBuffers];
  const [a, b] = [gpu.storage("a", 64), gpu.storage("b", 16)];
  assertEquals([gpu.liveBytes - bytes, gpu.liveBuffers - count], [80, 2]);
  gpu.free(a, b);
  gpu.free(a);
  assertEquals([gpu.liveBytes, gpu.liveBuffers], [bytes, count]);
});

withGpu("placeholders of different names are different buffers", (gpu) => {
  assert(gpu.placeholder("a") !== gpu.placeholder("b"));
  assert(gpu.placeholder("a") === gpu.placeholder("a"));
});

withGpu("a buffer beyond the device's limits is refused in words that name it", (gpu) => {
  const { maxBufferSize, maxStorageBufferBindingSize } = gpu.limits;
  const beyond = (limit: number) => 16 * Math.ceil(limit / 16) + 16;
  const most = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  const words = (label: string, limit: number) =>
    `${label} needs ${bytesText(beyond(limit))}, and the device allows ${bytesText(limit)}`;
  assertThrows(
    () => gpu.storage("the moon", beyond(most)),
    OutOfMemoryError,
    words("the moon", most),
  );
  assertThrows(
    () => gpu.buffer("the sun", beyond(maxBufferSize), GPUBufferUsage.COPY_DST),
    OutOfMemoryError,
    words("the sun", maxBufferSize),
  );
});

Deno.test("memory that the device does not have is told with what is in use", async () => {
  using gpu = await requestGpu();
  gpu.storage("some", 64_000);
  const error = new GPUOutOfMemoryError("ERROR_OUT_OF_DEVICE_MEMORY");
  gpu.device.dispatchEvent(new GPUUncapturedErrorEvent("uncapturederror", { error }));
  assertThrows(() => gpu.check(), OutOfMemoryError, `${gpu.name} has no memory left: 64.0 kB`);
});

Deno.test("an error that the device reports comes up at the next check, in one line", async () => {
  using gpu = await requestGpu();
  gpu.check();
  const buffer = gpu.storage("small", 16);
  gpu.write(buffer, 8, new Uint32Array(4)); // Past the end.
  const error = await assertRejects(() => gpu.idle(), GpuError);
  assert(!error.message.includes("\n"), error.message);
  assertThrows(() => gpu.check(), GpuError, error.message);
});

Deno.test("what is read of a device that is lost, or beyond a buffer, fails in its words", async () => {
  using lost = await requestGpu();
  const gone = lost.storage("some", 64);
  lost.device.destroy();
  await assertRejects(() => lost.read(gone), GpuError, "the GPU device was lost");
  using gpu = await requestGpu();
  const small = gpu.storage("small", 16);
  await assertRejects(() => gpu.read(small, 8, 16), GpuError);
});

Deno.test("a device may be treated as either class", async () => {
  for (const deviceClass of ["software", "hardware"] as const) {
    using gpu = await requestGpu({ deviceClass });
    assertEquals(gpu.deviceClass, deviceClass);
  }
});

Deno.test("subgroup operations can be turned off", async () => {
  using gpu = await requestGpu({ subgroups: false });
  assertEquals(gpu.subgroupSize, 0);
});
