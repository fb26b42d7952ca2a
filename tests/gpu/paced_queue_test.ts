import { assert, assertEquals } from "@std/assert";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { type Dispatch, Kernel, prepare } from "../../src/gpu/kernel.ts";
import { PacedQueue } from "../../src/gpu/paced_queue.ts";
import { withGpu } from "./with_gpu.ts";

const append = new Kernel(
  "testing",
  "append",
  `override DIGIT: u32 = 0;
  @group(0) @binding(0) var<storage, read_write> sum: array<u32>;
  @compute @workgroup_size(1)
  fn main() {
    sum[0] = sum[0] * 7u + DIGIT;
  }`,
);

/** Dispatches whose result depends on their order. */
function digits(gpu: Gpu, sum: GPUBuffer, count: number): Dispatch[] {
  return Array.from(
    { length: count },
    (_, i) => prepare(gpu, append, { DIGIT: i % 7 }, { sum }, [1]),
  );
}

for (const submitWaits of [false, true]) {
  const title = submitWaits ? "paced by its submits" : "paced by what is done";

  withGpu(
    `${title}: dispatches run once each and in order, in portions of any size`,
    async (gpu) => {
      const queue = new PacedQueue(gpu, { submitWaits });
      const sum = gpu.storage("sum", 16);
      let expected = 0;
      for (const count of [1, 3, 64, 200]) {
        const parts: number[] = [];
        queue.begin();
        assert(
          await queue.submit(digits(gpu, sum, count), { onPortion: (part) => parts.push(part) }),
        );
        for (let i = 0; i < count; i++) expected = (Math.imul(expected, 7) + i % 7) >>> 0;
        assertEquals((await gpu.readWords(sum))[0], expected, `${count} dispatches`);
        assertEquals(parts, parts.toSorted((a, b) => a - b));
        if (count === 64) assert(parts.length > 0, "nothing was heard of 64 dispatches");
      }
      gpu.free(sum);
    },
  );

  withGpu(`${title}: an aborted signal ends the work between two portions`, async (gpu) => {
    const queue = new PacedQueue(gpu, { submitWaits });
    const sum = gpu.storage("sum", 16);
    const controller = new AbortController();
    const onPortion = () => controller.abort();
    const { signal } = controller;
    assertEquals(await queue.submit(digits(gpu, sum, 64), { signal, onPortion }), false);
    const begun = (await gpu.readWords(sum))[0];
    assert(begun > 0, "nothing was begun");
    assertEquals(await queue.submit(digits(gpu, sum, 64), { signal }), false);
    assertEquals((await gpu.readWords(sum))[0], begun);
    gpu.free(sum);
  });

  withGpu(`${title}: timers have their turn while the device works`, async (gpu) => {
    const queue = new PacedQueue(gpu, { submitWaits });
    const sum = gpu.storage("sum", 16);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 0);
    await queue.submit(digits(gpu, sum, 64));
    clearInterval(timer);
    assert(ticks > 0, "no timer ran");
    await gpu.idle();
    gpu.free(sum);
  });
}

/** A device on which each dispatch takes so long, and each submit waits; it notes how many came together. */
function slowDevice(millisecondsPerDispatch: number): { gpu: Gpu; submits: number[] } {
  const submits: number[] = [];
  let dispatches = 0;
  const pass = {
    setPipeline() {},
    setBindGroup() {},
    dispatchWorkgroups: () => void dispatches++,
    end() {},
  };
  const queue = {
    submit() {
      const end = performance.now() + dispatches * millisecondsPerDispatch;
      while (performance.now() < end);
      submits.push(dispatches);
      dispatches = 0;
    },
    onSubmittedWorkDone: () => Promise.resolve(),
  };
  const createCommandEncoder = () => ({ beginComputePass: () => pass, finish() {} });
  return {
    gpu: { device: { createCommandEncoder, queue }, check() {} } as unknown as Gpu,
    submits,
  };
}

const NOTHING = { workgroups: [1, 1, 1] } as unknown as Dispatch;

Deno.test("portions become as large as takes some ten milliseconds, and no larger", async () => {
  const { gpu, submits } = slowDevice(2);
  const queue = new PacedQueue(gpu, { submitWaits: true });
  queue.begin();
  await queue.submit(Array.from({ length: 150 }, () => NOTHING));
  const largest = Math.max(...submits);
  assert(largest > 4 && largest <= 40 / 2, `${submits}`);
  assertEquals(queue.takeSlowest(), 0);
});

Deno.test("dispatches that are too long for portions of some ten milliseconds are told", async () => {
  const { gpu, submits } = slowDevice(50);
  const queue = new PacedQueue(gpu, { submitWaits: true });
  queue.begin();
  await queue.submit(Array.from({ length: 20 }, () => NOTHING));
  assertEquals(submits.at(-1), 1);
  const slowest = queue.takeSlowest();
  assert(slowest >= 50, `${slowest}`);
  assertEquals(queue.takeSlowest(), 0);
});
