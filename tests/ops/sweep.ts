/** What wide tables are made of. */
import { assert } from "@std/assert";
import { attentionPool, textAttentionPool } from "../../src/checks/attention/attention_pool.ts";
import { Findings } from "../../src/checks/check.ts";
import type { PooledKernel } from "../../src/checks/invariance.ts";
import { addNormedPool, normedHeadsPool } from "../../src/checks/norms/norm_pools.ts";
import {
  attentionInputsPool,
  gatedPool,
  residualPool,
  storePool,
} from "../../src/checks/products/product_pools.ts";
import { QUANTISED } from "../../src/checks/products/storages.ts";
import type { Workspace } from "../../src/checks/workspace.ts";
import type { Gpu, GpuOptions } from "../../src/gpu/gpu.ts";
import { heads } from "../../src/ops/heads.ts";
import { withGpu } from "../gpu/with_gpu.ts";

/** A test of what the body hands to its findings. */
export function sweep(
  name: string,
  body: (gpu: Gpu, findings: Findings) => Promise<void>,
  options?: GpuOptions,
): void {
  withGpu(name, async (gpu) => {
    const findings = new Findings();
    await body(gpu, findings);
    const { passed, detail } = findings.result();
    assert(passed, detail);
  }, options);
}

/** Makes a kernel with rows to try it on. */
export type PoolMaker = (workspace: Workspace) => PooledKernel;

/** Kernels with rows that no tile divides. */
export const POOLS: Readonly<Record<string, PoolMaker>> = {
  "a product in f32": (workspace) =>
    storePool(workspace, { inner: 1000, columns: 21, format: "F32" }),
  "a product of eight": (workspace) =>
    storePool(workspace, { inner: 8, columns: 9, format: "BF16", normed: true }),
  "a residual product": (workspace) =>
    residualPool(workspace, { inner: 704, columns: 40, format: "BF16" }),
  "a gated product": (workspace) =>
    gatedPool(workspace, { inner: 72, columns: 48, format: "F32", normed: true }),
  "a product of many rows in f32": (workspace) =>
    storePool(workspace, { inner: 960, columns: 213, format: "F32", manyRows: true }),
  "a product of many rows in codes": (workspace) =>
    storePool(workspace, { inner: 320, columns: 72, ...QUANTISED.U4, manyRows: true }),
  "many rows into a cache": (workspace) =>
    attentionInputsPool(workspace, {
      inner: 192,
      format: "BF16",
      normed: true,
      heads: heads(3, 1, 64),
      kv: "f16",
      manyRows: true,
    }),
  "a product into an f32 cache": (workspace) =>
    attentionInputsPool(workspace, {
      inner: 40,
      format: "F16",
      normed: true,
      heads: heads(3, 1, 64),
      kv: "f32",
    }),
  "attention of small heads": (workspace) => attentionPool(workspace, heads(3, 3, 8), "f32"),
  "attention of large heads": (workspace) => attentionPool(workspace, heads(4, 1, 128), "f16"),
  "attention through a window": (workspace) =>
    attentionPool(workspace, heads(4, 2, 24), "f32", { window: 65 }),
  "attention of text with small heads": (workspace) =>
    textAttentionPool(workspace, heads(3, 3, 8), "f16"),
  "attention of text with heads of odd octets": (workspace) =>
    textAttentionPool(workspace, heads(10, 2, 40), "f32", {
      softCap: 5,
    }),
  "attention of text with large heads": (workspace) =>
    textAttentionPool(workspace, heads(7, 1, 128), "f16", {
      window: 65,
    }),
  "attention of text with the largest heads": (workspace) =>
    textAttentionPool(workspace, heads(2, 1, 256), "f16"),
  "attention of text with more heads than a tile has queries": (workspace) =>
    textAttentionPool(workspace, heads(37, 1, 24), "f32", {
      window: 1,
    }),
  "norms of large heads": (workspace) => normedHeadsPool(workspace, heads(4, 1, 256), "each"),
  "a norm that is added": (workspace) => addNormedPool(workspace, 640),
};
