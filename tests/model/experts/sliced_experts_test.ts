/** Matrices of experts that are too large for one binding are cut, and the bits stay. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { ModelFolder } from "../../../src/engine/model_folder.ts";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import { expertColumnsThatFit } from "../../../src/ops/products/expert_matrices.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { Forward } from "../forward.ts";

const FOLDER = fromFileUrl(new URL("../../golden/architectures/qwen3-moe", import.meta.url));

/** The device as if it could bind no more bytes. */
function withBindings(gpu: Gpu, maxStorageBufferBindingSize: number): Gpu {
  const limits = new Proxy(gpu.limits, {
    get: (all, key) =>
      key === "maxStorageBufferBindingSize" ? maxStorageBufferBindingSize : Reflect.get(all, key),
  });
  return new Proxy(gpu, {
    get: (all, key) => {
      if (key === "limits") return limits;
      const value = Reflect.get(all, key);
      return typeof value === "function" ? value.bind(all) : value;
    },
  });
}

withGpu("slices hold whole experts, or even parts of one", (gpu) => {
  const shape = { columns: 6 * 96, inner: 64, format: "F16" } as const;
  const fitting = (columns: number) =>
    expertColumnsThatFit(withBindings(gpu, columns * 128), shape, 96);
  assertEquals([fitting(1000), fitting(300), fitting(96)], [960, 288, 96]);
  assertEquals([fitting(95), fitting(64), fitting(40)], [48, 48, 32]);
});

withGpu("experts in many slices have the bits of those in one", async (gpu) => {
  const folder = await ModelFolder.open(FOLDER);
  const ids = [3, 17, 90, 4, 4, 61, 12, 55, 120];
  const logits: Float32Array[] = [];
  const slices: number[] = [];
  // Matrices of an expert are of 48 and of 32 columns, and of 3,072 and 1,536 bytes.
  for (const bytes of [gpu.limits.maxStorageBufferBindingSize, 10_000, 2_048]) {
    const bounded = withBindings(gpu, bytes);
    using model = await folder.loadOn(bounded, { contextLength: 32 });
    using forward = new Forward(model, 32);
    slices.push(model.weights.layers[0].mlpInputs.weights.slices.length);
    logits.push(await forward.runText(ids));
  }
  assertEquals(slices, [1, 3, 16]);
  assert(logits[0].every(Number.isFinite));
  assertEquals(logits[1], logits[0]);
  assertEquals(logits[2], logits[0]);
});
