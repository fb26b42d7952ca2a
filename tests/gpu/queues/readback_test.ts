import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { GpuError } from "../../../src/gpu/errors.ts";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import { ReadbackRing } from "../../../src/gpu/queues/readback.ts";
import { requestGpu } from "../../../src/gpu/request_gpu.ts";
import { withGpu } from "../with_gpu.ts";

/** Queues a copy of the word, written just before. */
function send(gpu: Gpu, ring: ReadbackRing, source: GPUBuffer, word: number): void {
  gpu.write(source, 4, Uint32Array.of(word));
  ring.submit(gpu.device.createCommandEncoder(), { source, offset: 4, length: 4 });
}

withGpu(
  "copies come back in the order of their submits, around the ring and again",
  async (gpu) => {
    using ring = new ReadbackRing(gpu, 3, 4);
    const source = gpu.storage("source", 16);
    const taken: number[] = [];
    for (let word = 0; word < 10; word++) {
      if (!ring.hasRoom) taken.push((await ring.take())[0]);
      send(gpu, ring, source, word);
    }
    assertEquals(ring.inFlight, 3);
    while (ring.inFlight > 0) taken.push((await ring.take())[0]);
    assertEquals(taken, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    gpu.free(source);
  },
);

withGpu("several ranges come back as one, in the order in which they were given", async (gpu) => {
  using ring = new ReadbackRing(gpu, 1, 12);
  const source = gpu.upload("source", Uint32Array.of(1, 2, 3, 4));
  const encoder = gpu.device.createCommandEncoder();
  ring.submit(encoder, { source, offset: 8, length: 8 }, { source, offset: 0, length: 4 });
  assertEquals([...await ring.take()], [3, 4, 1]);
  gpu.free(source);
});

withGpu("a full ring takes no more, an empty one has nothing to give", async (gpu) => {
  using ring = new ReadbackRing(gpu, 1, 4);
  const source = gpu.storage("source", 16);
  await assertRejects(() => ring.take(), RangeError, "nothing is in flight");
  send(gpu, ring, source, 1);
  assertThrows(() => send(gpu, ring, source, 2), RangeError, "in flight");
  await ring.take();
  gpu.free(source);
});

withGpu("a drained ring forgets what was in flight", async (gpu) => {
  using ring = new ReadbackRing(gpu, 2, 4);
  const source = gpu.storage("source", 16);
  send(gpu, ring, source, 1);
  send(gpu, ring, source, 2);
  await ring.drain();
  assertEquals([ring.inFlight, ring.hasRoom], [0, true]);
  send(gpu, ring, source, 3);
  assertEquals([...await ring.take()], [3]);
  gpu.free(source);
});

Deno.test("what is in flight on a device that is lost fails in its words", async () => {
  using gpu = await requestGpu();
  using ring = new ReadbackRing(gpu, 2, 4);
  const source = gpu.storage("source", 16);
  send(gpu, ring, source, 1);
  gpu.device.destroy();
  await assertRejects(() => ring.take(), GpuError, "the GPU device was lost");
});
