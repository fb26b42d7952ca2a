/** When spans of a long text are given workgroups of their own, and the room for what they give. */
import { assert, assertEquals } from "@std/assert";
import { countingGpu } from "../../src/gpu/counting_gpu.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { createCache, freeCache, growCache } from "../../src/model/cache.ts";
import { attention } from "../../src/ops/attention.ts";
import { heads } from "../../src/ops/heads.ts";
import { createRowBatch } from "../../src/ops/rows.ts";
import { HARDWARE, OWN, withGpu } from "../gpu/with_gpu.ts";

const HEADS = heads(9, 3, 64);
const [SPAN, DRAFT_SLOTS] = [512, 8];

/** The dispatches of an attention over a cache for so many positions. */
function dispatchesOf(
  gpu: Gpu,
  positions: number,
  { rows = 1, window = null, isOfOneText = true, text = false }: {
    rows?: number;
    window?: number | null;
    isOfOneText?: boolean;
    text?: boolean;
  } = {},
) {
  const config = { ...HEADS, layerCount: 1 };
  const room = { draftSlots: DRAFT_SLOTS, isOfOneText };
  const cache = createCache({ gpu, config }, positions, "f16", room);
  const [queries, output] = [gpu.storage("queries", 4), gpu.storage("output", 4)];
  const [batch, layer] = [createRowBatch(gpu, rows, 1), cache.layers[0]];
  const inputs = { batch, rowCount: rows, heads: HEADS, queries, scale: 1, window, text, output };
  const dispatches = attention(gpu, { ...inputs, cache: layer });
  if (dispatches.length === 2) {
    const [, , spans] = dispatches[0].workgroups;
    assert(layer.spanSums!.size >= 4 * rows * HEADS.headCount * spans * (HEADS.headDim + 4));
  }
  freeCache(gpu, cache);
  gpu.free(queries, output, batch.rows, batch.ancestors);
  return dispatches.map(({ label, workgroups }) => `${label} ${workgroups.join(" ")}`);
}

const WALKED = ["attention 9 1 1"];

withGpu("on a GPU few rows of a long text have a workgroup for each span and head", (gpu) => {
  using counting = countingGpu(gpu);
  assertEquals(dispatchesOf(counting, 2 * SPAN), WALKED);
  const spread = ["attention_spans 9 1 9", "merge_spans 2 1 1"]; // One span more, as there are slots.
  assertEquals(dispatchesOf(counting, 8 * SPAN), spread);
  assertEquals(dispatchesOf(counting, 8 * SPAN, { isOfOneText: false }), WALKED);
  assertEquals(dispatchesOf(counting, 8 * SPAN, { rows: 28 })[0], "attention_spans 9 28 9");
  assertEquals(dispatchesOf(counting, 8 * SPAN, { rows: 29 }), ["attention 9 29 1"]);
  assertEquals(dispatchesOf(counting, 8 * SPAN, { rows: 28, text: true }).length, 1);
}, HARDWARE.options);

withGpu("spans are those that a window reaches", (gpu) => {
  using counting = countingGpu(gpu);
  const reached = (window: number) => dispatchesOf(counting, 8 * SPAN, { window })[0];
  assertEquals(reached(2 * SPAN), WALKED[0]);
  // The last position of a span and two whole ones, then the first of another.
  assertEquals(reached(2 * SPAN + 1), "attention_spans 9 1 3");
  assertEquals(reached(2 * SPAN + 2), "attention_spans 9 1 4");
  assertEquals(reached(100 * SPAN), "attention_spans 9 1 9");
}, HARDWARE.options);

withGpu("a driver on the CPU walks through all spans, without room for their sums", (gpu) => {
  using counting = countingGpu(gpu);
  const config = { ...HEADS, layerCount: 1 };
  const cache = createCache({ gpu: counting, config }, 8 * SPAN, "f16", { isOfOneText: true });
  assertEquals(cache.spanSums, undefined);
}, OWN.options);

withGpu("a cache that grows has room for the sums of its spans", (gpu) => {
  const owner = { gpu, config: { ...HEADS, layerCount: 1 } };
  const cache = createCache(owner, SPAN, "f16", { isOfOneText: true });
  assertEquals(cache.spanSums, undefined);
  growCache(owner, cache, 4 * SPAN);
  assertEquals(cache.spanSums?.size, 4 * 256 * 4 * (HEADS.headDim + 4));
  assertEquals(cache.layers[0].spanSums, cache.spanSums);
  freeCache(gpu, cache);
}, HARDWARE.options);
