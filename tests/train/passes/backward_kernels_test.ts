import { Workspace } from "../../../src/checks/workspace.ts";
import { textRow } from "../../../src/ops/rows.ts";
import {
  attentionBackward,
  gatedBackward,
  normBackward,
  ungatedBackward,
} from "../../../src/ops/train/backward.ts";
import { medusaBlockBackward } from "../../../src/ops/train/medusa.ts";
import { VARIANTS, withGpu } from "../../gpu/with_gpu.ts";
import { attention } from "../../../src/checks/oracles/attention.ts";
import { packHalves, unpackHalves } from "../../../src/checks/oracles/numbers/half.ts";
import { randomNormals } from "../../../src/checks/oracles/numbers/random.ts";
import { type QueryGrowth, queryGrowth } from "../../../src/checks/oracles/query_growth.ts";
import { applyRope, ropeTable } from "../../../src/checks/oracles/rope.ts";
import { GATED, UNGATED } from "../../../src/checks/oracles/swiglu.ts";
import { assertClose } from "../assert_close.ts";
import {
  attentionGradients,
  layerNormGradient,
  rmsNormGradient,
  siluSlope,
} from "./backward_oracles.ts";
import { originRows } from "../hidden_transfer/origin_rows.ts";

/** Text rows whose tokens are given. */
const rowsOf = (tokens: readonly number[]) => tokens.map((token, i) => textRow(token, i));

/** The slope of an activation by differences, whose error is below 1e-9. */
function slopeOf(activate: (x: number) => number, x: number): number {
  const h = 1e-5;
  return (activate(x + h) - activate(x - h)) / (2 * h);
}

/** The rows of [rows, size] that are named, one after the other. */
function pick(values: Float32Array, size: number, rows: readonly number[]) {
  return Float32Array.from(
    rows.flatMap((row) => [...values.subarray(row * size, (row + 1) * size)]),
  );
}

for (const { title, options } of VARIANTS) {
  withGpu(`${title}: back through a norm, set or added, in place or gathered`, async (gpu) => {
    const [size, count, epsilon] = [72, 21, 1e-5];
    for (
      const { kind, gather, add } of [
        { kind: "rms", gather: true, add: false },
        { kind: "rms", gather: false, add: true },
        { kind: "layer", gather: true, add: false },
        { kind: "layer", gather: false, add: true },
      ] as const
    ) {
      using workspace = new Workspace(gpu);
      const hidden = randomNormals(count * size, 1);
      const weight = randomNormals(size, 2);
      const gradient = randomNormals(count * size, 3);
      const before = randomNormals(count * size, 4);
      const order = Array.from({ length: count }, (_, i) => gather ? (8 * i + 3) % count : i);
      const hiddenGradient = workspace.rowFloats("hidden gradient", count, size, before);
      workspace.run(normBackward(gpu, {
        kind,
        batch: workspace.batch(rowsOf(order)),
        rowCount: count,
        hiddenSize: size,
        epsilon,
        hidden: workspace.rowFloats("hidden", count, size, hidden),
        normWeight: workspace.upload("weight", weight),
        gradient: workspace.rowFloats("gradient", count, size, gradient),
        hiddenGradient,
        gather,
        add,
      }));
      const found = await gpu.readFloats(hiddenGradient);
      const picked = pick(hidden, size, order);
      const gradientOf = kind === "rms" ? rmsNormGradient : layerNormGradient;
      const own = gradientOf(picked, weight, epsilon, gradient);
      const expected = own.map((value, i) => add ? before[i] + value : value);
      assertClose(pick(found, size, order), expected, { what: "hidden gradient", terms: size });
    }
  }, options);

  withGpu(`${title}: back through gated activations`, async (gpu) => {
    const [width, count] = [140, 19];
    for (const activation of Object.keys(GATED) as (keyof typeof GATED)[]) {
      using workspace = new Workspace(gpu);
      const inputs = randomNormals(count * 2 * width, 1, 2);
      const above = randomNormals(count * width, 2);
      const gateAndUp = workspace.rowFloats("gate and up", count, 2 * width, inputs);
      workspace.run(gatedBackward(gpu, {
        batch: workspace.batch(rowsOf(Array(count).fill(0))),
        rowCount: count,
        intermediateSize: width,
        activation,
        gatedGradient: workspace.rowFloats("gated", count, width, above),
        gateAndUp,
      }));
      const expected = Float64Array.from(inputs, (value, at) => {
        // Four gates, then the four values that they gate.
        const isGate = at % 8 < 4;
        const gradient = above[Math.floor(at / 8) * 4 + at % 4];
        const other = inputs[isGate ? at + 4 : at - 4];
        const activate = GATED[activation];
        return gradient * (isGate ? other * slopeOf(activate, value) : activate(other));
      });
      const found = (await gpu.readFloats(gateAndUp)).subarray(0, inputs.length);
      assertClose(found, expected, { what: `gate and up, ${activation}`, terms: 4 });
    }
  }, options);

  withGpu(`${title}: back through activations without gates`, async (gpu) => {
    const [width, count] = [136, 5];
    for (
      const activation of ["relu", "relu-squared", "ungated-gelu-tanh", "ungated-gelu"] as const
    ) {
      using workspace = new Workspace(gpu);
      const products = randomNormals(count * width, 1, 2);
      const above = randomNormals(count * width, 2);
      const buffer = workspace.rowFloats("products", count, width, products);
      workspace.run(ungatedBackward(gpu, {
        batch: workspace.batch(rowsOf(Array(count).fill(0))),
        rowCount: count,
        intermediateSize: width,
        activation,
        activatedGradient: workspace.rowFloats("activated", count, width, above),
        products: buffer,
      }));
      const slope = (x: number) => slopeOf(UNGATED[activation], x);
      const expected = Float64Array.from(products, (x, i) => slope(x) * above[i]);
      const found = (await gpu.readFloats(buffer)).subarray(0, products.length);
      assertClose(found, expected, { what: activation, terms: 4 });
    }
  }, options);

  withGpu(`${title}: back through the block of Medusa's heads`, async (gpu) => {
    const [size, heads, states] = [40, 3, 9];
    const order = [4, 0, 7, 2, 8]; // Of each head; the products of other states stay as they are.
    using workspace = new Workspace(gpu);
    const products = randomNormals(states * heads * size, 1, 2);
    const bias = randomNormals(heads * size, 2);
    const above = randomNormals(heads * order.length * size, 3);
    const buffer = workspace.upload("products", products);
    workspace.run(medusaBlockBackward(gpu, {
      batch: workspace.batch(rowsOf(Array.from({ length: heads }, () => order).flat())),
      heads,
      perHead: order.length,
      hiddenSize: size,
      bias: workspace.upload("bias", bias),
      gradient: workspace.rowFloats("gradient", heads * order.length, size, above),
      products: buffer,
    }));
    const expected = Float64Array.from(products, (product, at) => {
      const [state, head, column] = [
        Math.floor(at / (heads * size)),
        Math.floor(at / size) % heads,
        at % size,
      ];
      const place = order.indexOf(state);
      if (place === -1) return product;
      const gradient = above[(head * order.length + place) * size + column];
      return gradient * siluSlope(product + bias[head * size + column]);
    });
    assertClose(await gpu.readFloats(buffer), expected, { what: "products", terms: 4 });
  }, options);
}

/** Heads, text, steps and cache of attention's way back; what is left out there is not there. */
interface AttentionCase {
  headCount: number;
  kvHeadCount: number;
  headDim: number;
  length: number;
  steps: number;
  format: "f16" | "f32";
  growth?: QueryGrowth;
  softCap?: number;
  window?: number;
}

const ATTENTIONS: readonly AttentionCase[] = [
  {
    headCount: 4,
    kvHeadCount: 2,
    headDim: 8,
    length: 13,
    steps: 3,
    format: "f32",
    growth: { rate: 0.6, after: 5 },
  },
  { headCount: 3, kvHeadCount: 3, headDim: 24, length: 40, steps: 1, format: "f16" },
  { headCount: 6, kvHeadCount: 1, headDim: 64, length: 9, steps: 4, format: "f16" },
  // The last steps see no position of the text.
  { headCount: 2, kvHeadCount: 1, headDim: 16, length: 9, steps: 4, format: "f32", window: 3 },
  {
    headCount: 4,
    kvHeadCount: 2,
    headDim: 16,
    length: 21,
    steps: 2,
    format: "f32",
    window: 6,
    softCap: 1,
  },
];

/** The dimension that stands at place `at` of a query or key head on the GPU. */
function dimensionAt(at: number, headDim: number): number {
  const inOctet = at % 8;
  return 4 * Math.floor(at / 8) + inOctet % 4 + (inOctet < 4 ? 0 : headDim / 2);
}

/** The heads of [count, headDim] in the order of the GPU. */
function tangled(heads: ArrayLike<number>, headDim: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    heads,
    (_, at) => heads[at - at % headDim + dimensionAt(at % headDim, headDim)],
  );
}

for (const { title, options } of VARIANTS) {
  withGpu(`${title}: back through attention`, async (gpu) => {
    for (const { length, steps, format, growth = null, ...shape } of ATTENTIONS) {
      using workspace = new Workspace(gpu);
      const { headCount, kvHeadCount, headDim } = shape;
      const rows = originRows(length, steps);
      const slots = length + rows.length;
      const [querySize, kvSize] = [headCount * headDim, kvHeadCount * headDim];
      const stored = (values: Float32Array<ArrayBuffer>) =>
        format === "f32" ? values : unpackHalves(packHalves(values, "F16"), "F16");
      const queries = randomNormals(rows.length * querySize, 1);
      const keys = stored(randomNormals(slots * kvSize, 2));
      const values = stored(randomNormals(slots * kvSize, 3));
      const above = randomNormals(rows.length * querySize, 4);

      // [slots, kvHeads, headDim] to [kvHeads, slots, headDim].
      const byHead = (all: Float32Array) =>
        Array.from(
          { length: kvHeadCount },
          (_, head) =>
            Array.from({ length: slots }, (_, slot) => {
              const first = (slot * kvHeadCount + head) * headDim;
              return [...all.subarray(first, first + headDim)];
            }),
        ).flat(2);
      const cached = Float32Array.from([...tangled(byHead(keys), headDim), ...byHead(values)]);
      const cache = workspace.upload(
        "cache",
        format === "f32" ? cached : packHalves(cached, "F16"),
      );
      const theta = 100;
      const table = ropeTable(headDim, theta, null, length + steps);
      const pairs = headDim / 2;
      const rotations = Float32Array.from(
        { length: 2 * table.cos.length },
        (_, at) => {
          const octet = Math.floor(at / 8);
          const pair = 4 * (octet % (headDim / 8)) + at % 4;
          const position = Math.floor(octet / (headDim / 8));
          return (at % 8 < 4 ? table.cos : table.sin)[position * pairs + pair];
        },
      );
      const columns = headCount + 2 * kvHeadCount;
      const gradient = workspace.rowFloats("gradient", rows.length, columns * headDim);
      const rowFloats = (label: string, data: Float32Array<ArrayBuffer>) =>
        workspace.rowFloats(label, rows.length, querySize, data);
      const attended = attention(queries, keys, values, rows, shape);
      workspace.run(...attentionBackward(gpu, {
        batch: workspace.batch(rows.map((row) => ({ ...row, token: 0 }))),
        rowCount: rows.length,
        heads: shape,
        cache: { buffer: cache, slots, format },
        scale: 1 / Math.sqrt(headDim),
        softCap: shape.softCap ?? null,
        window: shape.window ?? null,
        queries: rowFloats("queries", tangled(queries, headDim)),
        attended: rowFloats("attended", Float32Array.from(attended)),
        attendedGradient: rowFloats("attended gradient", above),
        rotations: workspace.upload("rotations", rotations),
        queryGrowth: growth,
        statistics: workspace.rowFloats("statistics", rows.length, 2 * headCount),
        gradient,
        origins: length,
      }));

      const found = await gpu.readFloats(gradient);
      const expected = attentionGradients({ queries, keys, values }, rows, shape, above);
      const back = { ...table, sin: table.sin.map((sine) => -sine) };
      const own = (all: Float64Array, first: number, size: number) =>
        all.slice(first, first + size);
      const wanted = rows.flatMap(({ position, slot }, r) => [
        ...tangled(
          applyRope(own(expected.queries, r * querySize, querySize), position, back),
          headDim,
        ).map((value) => value * queryGrowth(growth, position)),
        ...tangled(applyRope(own(expected.keys, slot * kvSize, kvSize), position, back), headDim),
        ...own(expected.values, slot * kvSize, kvSize),
      ]);
      assertClose(found.subarray(0, wanted.length), Float64Array.from(wanted), {
        what: `gradient of ${headCount} heads`,
        terms: length + steps + headDim,
      });
    }
  }, options);
}
