import { assert, assertEquals } from "@std/assert";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import { type Dispatch, Kernel, prepare } from "../../../src/gpu/kernel.ts";
import { PacedQueue } from "../../../src/gpu/queues/paced_queue.ts";
import { withGpu } from "../with_gpu.ts";

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
    (_, i) => prepare(gpu, append, { DIGIT: 1 + i % 6 }, { sum }, [1]),
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
        for (let i = 0; i < count; i++) expected = (Math.imul(expected, 7) + 1 + i % 6) >>> 0;
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

/**
 * What is submitted together on a device on which a submit waits until it is done, and each dispatch takes
 * so long by a clock of its own; then how long the slowest portion took.
 */
async function submitsOf(dispatches: number, millisecondsPerDispatch: number) {
  const submits: number[] = [];
  let [recorded, clock] = [0, 0];
  const pass = {
    setPipeline() {},
    setBindGroup() {},
    dispatchWorkgroups: () => void recorded++,
    end() {},
  };
  const deviceQueue = {
    submit() {
      clock += recorded * millisecondsPerDispatch;
      submits.push(recorded);
      recorded = 0;
    },
    onSubmittedWorkDone: () => Promise.resolve(),
  };
  const createCommandEncoder = () => ({ beginComputePass: () => pass, finish() {} });
  const device = { createCommandEncoder, queue: deviceQueue };
  const pipeline = { isCompiled: true };
  const nothing = { pipeline, workgroups: [1, 1, 1] } as unknown as Dispatch;
  const { now } = performance;
  performance.now = () => clock;
  try {
    const queue = new PacedQueue({ device, check() {} } as unknown as Gpu, { submitWaits: true });
    queue.begin();
    await queue.submit(Array.from({ length: dispatches }, () => nothing));
    return { submits, slowest: queue.takeSlowest() };
  } finally {
    performance.now = now;
  }
}

Deno.test("portions become as large as takes some ten milliseconds, and no larger", async () => {
  const { submits, slowest } = await submitsOf(300, 2);
  assertEquals(submits.slice(0, 5), [1, 1, 1, 8, 8]);
  assertEquals(Math.max(...submits), 20);
  assertEquals(slowest, 2, "of the first portions, which are small");
});

Deno.test("dispatches that are too long for portions of some ten milliseconds are told", async () => {
  const { submits, slowest } = await submitsOf(20, 150);
  assertEquals(submits, new Array(20).fill(1));
  assertEquals(slowest, 150);
});
