import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { check, Findings } from "../../src/checks/check.ts";
import {
  BATCH_SIZES,
  checkRowInvariance,
  POOL_SIZE,
  type PooledKernel,
} from "../../src/checks/invariance.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { withGpu } from "../gpu/with_gpu.ts";

Deno.test("a check that compares nothing has not passed", async () => {
  const { passed, detail } = await check("idle", () => Promise.resolve()).run(null as never);
  assertEquals([passed, detail], [false, "compared nothing"]);
});

Deno.test("values within their tolerances pass, and the worst is told", () => {
  const findings = new Findings();
  findings.close("some", [1, 2, 3], [1, 2.05, 3.1], [0, 0.1, 0.2]);
  const { passed, detail } = findings.result();
  assert(passed);
  assertStringIncludes(detail, "3 values, worst error 0.500 of its tolerance");
});

Deno.test("a value beyond its tolerance, NaN, or a missing value fails", () => {
  for (const found of [[1, 2.3], [1, NaN], [1], [1, Infinity]]) {
    const findings = new Findings();
    findings.close("some", found, [1, 2], 0.25);
    const { passed, detail } = findings.result();
    assert(!passed, `${found} passed`);
    assertStringIncludes(detail, "some");
  }
});

Deno.test("words must be equal, and the first that is not is told", () => {
  const findings = new Findings();
  findings.equal("bits", Uint32Array.of(1, 0x80000000), Uint32Array.of(1, 0));
  findings.equal("more bits", Uint32Array.of(2), Uint32Array.of(1));
  const { passed, detail } = findings.result();
  assert(!passed);
  assertEquals(detail, "bits: word 1 is 0x80000000, expected 0x00000000 (and 1 more)");
});

/** Something that pretends to be a kernel: what it leaves for each row is said by `result`. */
function pretend(
  gpu: Gpu,
  buffer: GPUBuffer,
  result: (member: number, place: number, count: number) => number,
): PooledKernel {
  return {
    label: "pretended",
    queue(members) {
      const words = members.map((member, place) => result(member, place, members.length));
      gpu.write(buffer, 0, Uint32Array.from(words));
      return [{ buffer, bytesPerRow: 4 }];
    },
  };
}

withGpu("row invariance is found where it is and missed where it is not", async (gpu) => {
  const buffer = gpu.storage("results", 4 * POOL_SIZE);
  const outcome = async (kernel: PooledKernel) => {
    const findings = new Findings();
    await checkRowInvariance(gpu, kernel, BATCH_SIZES, findings);
    return findings.result();
  };
  const honest = await outcome(pretend(gpu, buffer, (member) => 1000 + member));
  assert(honest.passed, honest.detail);
  const byCount = await outcome(pretend(gpu, buffer, (_, __, count) => count > 33 ? 1 : 0));
  assert(!byCount.passed);
  const byPlace = await outcome(pretend(gpu, buffer, (_, place) => place === 15 ? 1 : 0));
  assert(!byPlace.passed);
  const twins = {
    ...pretend(gpu, buffer, (member) => member),
    twinOf: (member: number) => member % 32,
  };
  assert(!(await outcome(twins)).passed);
  gpu.free(buffer);
});
