import { assertEquals, assertRejects } from "@std/assert";
import { GpuError } from "../../../src/gpu/errors.ts";
import { UploadQueue } from "../../../src/gpu/queues/upload_queue.ts";
import { requestGpu } from "../../../src/gpu/request_gpu.ts";
import { withGpu } from "../with_gpu.ts";

withGpu("what is sent arrives where it belongs, however much of it", async (gpu) => {
  const queue = new UploadQueue(gpu);
  const lengths = [4, 12, 2 ** 20, 8, 3 * 2 ** 20, 60, 2 ** 19 + 4, 28];
  const total = lengths.reduce((a, b) => a + b);
  const bytes = Uint8Array.from({ length: total }, (_, i) => 1 + i % 251);
  const buffer = gpu.storage("target", total);
  // Often enough that the queue waits for what was sent before.
  for (let round = 0; round < 24; round++) {
    let at = 0;
    for (const length of lengths) {
      const from = at;
      await queue.write(buffer, at, length, (room) => {
        assertEquals(room.length, length);
        room.set(bytes.subarray(from, from + length));
      });
      at += length;
    }
  }
  await queue.finish();
  assertEquals(new Uint8Array(await gpu.read(buffer, 0, total)), bytes);
  gpu.free(buffer);
});

Deno.test("what the device reports ends the sending", async () => {
  using gpu = await requestGpu();
  const queue = new UploadQueue(gpu);
  const buffer = gpu.storage("target", 16);
  await queue.write(buffer, 16, 4, (room) => room.fill(1));
  await assertRejects(() => queue.finish(), GpuError);
});
