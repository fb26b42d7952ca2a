import { assert, assertEquals } from "@std/assert";
import { PASS_TIMES_BYTES, PassClock, passSeconds } from "../../src/gpu/pass_clock.ts";
import { ReadbackRing } from "../../src/gpu/queues/readback.ts";
import { withGpu } from "./with_gpu.ts";

withGpu("passes are timed on the device, each in its slot", async (gpu) => {
  if (!gpu.hasTimestamps) return;
  using clock = new PassClock(gpu, 2);
  using ring = new ReadbackRing(gpu, 2, PASS_TIMES_BYTES);
  const before = performance.now();
  for (const slot of [1, 0]) {
    const encoder = gpu.device.createCommandEncoder();
    clock.record(encoder, slot, () => {});
    const offset = clock.offsetOf(slot);
    ring.submit(encoder, { source: clock.times, offset, length: PASS_TIMES_BYTES });
  }
  for (const words of [await ring.take(), await ring.take()]) {
    const seconds = passSeconds(words);
    assert(seconds === null || seconds < (performance.now() - before) / 1000);
  }
});

Deno.test("times are differences of 64-bit nanoseconds, and none where a driver gives none", () => {
  const times = (...nanoseconds: bigint[]) =>
    new Uint32Array(BigUint64Array.from(nanoseconds).buffer);
  assertEquals(passSeconds(times(2n ** 40n, 2n ** 40n + 1_500_000_000n)), 1.5);
  assertEquals(passSeconds(times(0n, 0n)), null);
  assertEquals(passSeconds(times(7n, 5n)), null);
});
