import type { Gpu } from "../../gpu/gpu.ts";
import { attention } from "../../ops/attention.ts";
import type { HeadShape } from "../../ops/heads.ts";
import type { Row } from "../../ops/rows.ts";
import type { Findings } from "../check.ts";
import {
  attention as exactAttention,
  type AttentionShape,
  type RowDescription,
  visibleSlots,
} from "../oracles/attention.ts";
import { randomNormals } from "../oracles/numbers/random.ts";
import { DIVISION_ULPS, EPSILON, expUlps, softCapUlps, sumUlps } from "../precision.ts";
import { Workspace } from "../workspace.ts";
import { type AttentionCase, slotsFor } from "./attention_cases.ts";
import { type KeysAndValues, packCache, readCache } from "./cache.ts";

/** Fills what the kernel must not write. */
const SENTINEL = 12345;

/** Attention over what each row sees, and nothing written after the rows. */
export async function checkAttention(
  gpu: Gpu,
  attentionCase: AttentionCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const { headCount, kvHeadCount, headDim, kv, rows, text, window, softCap, sinkSpread } =
    attentionCase;
  const heads = { headCount, kvHeadCount, headDim };
  const scale = attentionCase.scale ?? 1 / Math.sqrt(headDim);
  const shape = {
    ...heads,
    scale,
    softCap: softCap ?? null,
    window: window ?? null,
    sinks: sinkSpread ? randomNormals(headCount, 4, sinkSpread) : null,
  };
  const width = headCount * headDim;
  const slots = slotsFor(rows);
  const { cache, stored } = randomCache(workspace, heads, slots, kv);
  const values = randomNormals(rows.length * width, 3, 2);
  const untouched = new Float32Array((rows.length + 1) * width).fill(SENTINEL);
  const output = workspace.rowFloats("output", rows.length + 1, width, untouched);
  const inputs = {
    batch: workspace.batch(rows, rows.length, 0),
    rowCount: rows.length,
    text,
    heads,
    scale,
    softCap,
    window,
    sinks: shape.sinks ? workspace.upload("sinks", shape.sinks) : undefined,
    queries: workspace.rowFloats("queries", rows.length, width, values),
    cache,
    output,
  };
  workspace.run(...attention(gpu, inputs));
  const found = await gpu.readFloats(output, 0, (rows.length + 1) * width);
  const expected = exactAttention(values, stored.keys, stored.values, rows.map(describe), shape);
  const tolerance = attentionTolerance(values, stored, rows, shape, expected);
  const label =
    `attention, ${rows.length} rows, ${headCount}/${kvHeadCount} heads × ${headDim}, ${kv}`;
  const end = rows.length * width;
  findings.close(label, found.subarray(0, end), expected, tolerance);
  findings.equal(`${label}, the row after them`, found.subarray(end), untouched.subarray(end));
  const spanSums = workspace.spanSums(heads, cache);
  if (!spanSums) return;
  gpu.write(output, 0, untouched);
  workspace.run(...attention(gpu, { ...inputs, cache: { ...cache, spanSums } }));
  const spread = await gpu.readWords(output, 0, (rows.length + 1) * width);
  findings.equal(`${label}, spans spread over workgroups`, spread, new Uint32Array(found.buffer));
}

/** A cache of random keys and values, and the numbers that it holds. */
function randomCache(
  workspace: Workspace,
  heads: HeadShape,
  slots: number,
  format: "f16" | "f32",
) {
  const count = slots * heads.kvHeadCount * heads.headDim;
  const numbers = { keys: randomNormals(count, 1), values: randomNormals(count, 2) };
  const bytes = packCache(numbers, format, heads);
  const cache = { buffer: workspace.upload("cache", bytes), slots, format };
  return { cache, stored: readCache(bytes.buffer, cache, heads) };
}

/** The row as the oracle describes it. */
function describe({ position, prefix, slot, ancestors }: Row): RowDescription {
  return { position, prefix, slot, ancestors: [...ancestors] };
}

/**
 * How far an f32 kernel may be from exact attention, [rows, heads, headDim]:
 *
 *     tolerance = (δ + (2 ULPs(n) + 5) ε) · (Σ_p w_p |v_p| + |output|)
 *
 * where w are the softmax weights of the n keys, a sink counting as one, and δ bounds the relative error of every weight.
 * A weight exp(s − m) with errors δ_p changes the weighted mean by Σ w_p δ_p (v_p − output), and
 * the two sums and the division add their own roundings.
 *
 * δ: a score is off by ULPs(d + 1) ε Σ|q||k| · scale, and by what a soft cap adds, whose slope is at
 * most one; the greatest is off by as much; exp adds its ULPs.
 * However the keys are split into chunks, what was gathered is rescaled at most once per key by
 * some exp(old − new maximum), exact when nothing changes; the exponents of the rescalings that
 * do something add up to at most the range of the scores, so they add at most four ULPs for each
 * of the log n records that a sequence of n scores sets on average, and twice the range. Spans are
 * one record more: what is gathered of one is rescaled when it joins those before.
 */
function attentionTolerance(
  queries: Float32Array,
  { keys, values }: KeysAndValues,
  rows: readonly Row[],
  { headCount, kvHeadCount, headDim, scale, softCap, window, sinks }: Required<AttentionShape>,
  expected: Float64Array,
): Float64Array {
  const tolerance = new Float64Array(expected.length);
  rows.forEach((row, r) => {
    const slots = visibleSlots(describe(row), window);
    for (let head = 0; head < headCount; head++) {
      const at = (r * headCount + head) * headDim;
      const kvHead = Math.floor(head * kvHeadCount / headCount);
      const starts = slots.map((slot) => (slot * kvHeadCount + kvHead) * headDim);
      const products = starts.map((start) => {
        let [sum, magnitude] = [0, 0];
        for (let i = 0; i < headDim; i++) {
          const product = queries[at + i] * keys[start + i] * scale;
          sum += product;
          magnitude += Math.abs(product);
        }
        if (softCap === null) return { sum, magnitude, capUlps: 0 };
        const capped = softCap * Math.tanh(sum / softCap);
        return { sum: capped, magnitude, capUlps: softCapUlps(sum, softCap) };
      });
      const scores = [...products.map(({ sum }) => sum), ...(sinks ? [sinks[head]] : [])];
      const greatest = scores.reduce((most, score) => Math.max(most, score));
      const least = scores.reduce((least, score) => Math.min(least, score));
      const magnitude = products.reduce((most, product) => Math.max(most, product.magnitude), 0);
      const weights = scores.map((score) => Math.exp(score - greatest));
      const mass = weights.reduce((a, b) => a + b);
      const range = greatest - least;
      const records = 4 * (2 + Math.log(slots.length));
      const capUlps = products.reduce((most, product) => Math.max(most, product.capUlps), 0);
      const ofScore = sumUlps(headDim + 1) * magnitude + capUlps;
      const ofWeight = 2 * ofScore + 2 * expUlps(range) + records;
      const ulps = ofWeight + 2 * sumUlps(scores.length) + DIVISION_ULPS + 2.5;
      for (let i = 0; i < headDim; i++) {
        let meanMagnitude = 0;
        starts.forEach((start, p) =>
          meanMagnitude += weights[p] / mass * Math.abs(values[start + i])
        );
        tolerance[at + i] = ulps * EPSILON * (meanMagnitude + Math.abs(expected[at + i]));
      }
    }
  });
  return tolerance;
}
