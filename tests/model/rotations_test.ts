import { assert, assertEquals } from "@std/assert";
import type { RopeScaling } from "../../src/model/config.ts";
import { dimensionAt, rotationTable } from "../../src/model/rotations.ts";
import { ropeFrequencies, ropeTable } from "../../src/checks/oracles/rope.ts";
import golden from "../golden/rotations.json" with { type: "json" };
import { readAs } from "./architectures/configs.ts";

const POSITIONS = 300;

const YARN = {
  type: "yarn",
  factor: 4,
  betaFast: 8,
  betaSlow: 0.5,
  truncate: true,
  originalContextLength: 128,
  attentionFactor: 1.15,
} as const;

const LONGROPE = {
  type: "longrope",
  shortFactors: Array.from({ length: 64 }, (_, i) => 1 + i / 7),
  longFactors: Array.from({ length: 64 }, (_, i) => 2 + i),
  isLong: false,
  originalContextLength: 128,
  attentionFactor: 1.3,
} as const;

/** Every type; llama3 and yarn with frequencies that are kept, blended and slowed. */
const SCALINGS: Readonly<Record<string, RopeScaling | null>> = {
  "no scaling": null,
  linear: { type: "linear", factor: 4 },
  llama3: {
    type: "llama3",
    factor: 8,
    lowFrequencyFactor: 1,
    highFrequencyFactor: 4,
    originalContextLength: 128,
  },
  yarn: YARN,
  "yarn between pairs": { ...YARN, truncate: false },
  "yarn that blends nothing": { ...YARN, truncate: false, betaFast: 2, betaSlow: 2 },
  "yarn before the first pair": { ...YARN, betaFast: 99, betaSlow: 50 },
  "yarn beyond the last pair": { ...YARN, betaSlow: 1e-5 },
  "longrope for short texts": LONGROPE,
  "longrope for long texts": { ...LONGROPE, isLong: true },
};

for (const [name, ropeScaling] of Object.entries(SCALINGS)) {
  for (const [headDim, ropeTheta] of [[8, 10000], [64, 500000], [128, 10000]]) {
    const title = `${name}, heads of ${headDim}, theta ${ropeTheta}`;
    Deno.test(`rotations are the oracle's, but for roundings to f32, ${title}`, () => {
      const rotation = { theta: ropeTheta, dimensions: headDim, scaling: ropeScaling };
      const found = rotationTable(rotation, headDim, POSITIONS);
      const { cos, sin } = ropeTable(headDim, ropeTheta, ropeScaling, POSITIONS);
      const frequencies = ropeFrequencies(headDim, ropeTheta, ropeScaling);
      assertEquals(found.length, 2 * cos.length);
      cos.forEach((cosine, i) => {
        const at = 8 * Math.floor(i / 4) + i % 4; // Four cosines, then their sines.
        const angle = Math.floor(i / frequencies.length) * frequencies[i % frequencies.length];
        const steps = 1 + angle * roundings(ropeTheta);
        const allowed = tolerance(cosine) + LARGEST_FACTOR * steps * 2 ** -24;
        assert(Math.abs(found[at] - cosine) <= allowed, `cosine ${i}`);
        assert(Math.abs(found[at + 4] - sin[i]) <= allowed, `sine ${i}`);
      });
    });
  }
}

/** f32 rounds by 2⁻²⁵ at most up to 1, and by 2⁻²⁴ up to 2. */
function tolerance(value: number): number {
  return (Math.abs(value) <= 1 ? 2 ** -25 : 2 ** -24) + 2 ** -32;
}

/** Of cosines and sines, in the scalings above. It is rounded, and so are these before they are multiplied. */
const LARGEST_FACTOR = 1.3;

/**
 * How many roundings by 2⁻²⁴ an angle goes through at most: that of the exponent counts as ln θ, and up to
 * eight follow. Where llama3 blends, they count once more in the part that is kept.
 */
function roundings(theta: number): number {
  return 2 * (Math.log(theta) + 8);
}

/** What the transformers library computes; see tests/golden/README.md. */
for (const { settings, attention_factor, cos, sin } of golden.cases) {
  const { rope_theta: theta, ...stated } = settings;
  Deno.test(`rotations are the library's far into a text, ${JSON.stringify(stated)}`, async () => {
    const headDim = golden.head_dim;
    const { layers } = await readAs("LlamaForCausalLM", {
      head_dim: headDim,
      max_position_embeddings: 131072,
      rope_parameters: settings,
    });
    const rotation = layers[0].attention.rotation!;
    const { scaling } = rotation;
    const long = scaling?.type === "longrope" ? { ...scaling, isLong: true } : scaling;
    assertEquals(rotation.theta, theta);
    if (scaling && "attentionFactor" in scaling) {
      assert(Math.abs(scaling.attentionFactor - attention_factor) < 1e-12);
    }
    golden.positions.forEach((position, row) => {
      const found = rotationTable({ ...rotation, scaling: long }, headDim, 1, position);
      for (let i = 0; i < headDim / 2; i++) {
        const at = 8 * Math.floor(i / 4) + i % 4;
        // Its sines and cosines err by a unit in the last place.
        assert(Math.abs(found[at] - cos[row][i]) <= 2 ** -23, `cosine ${i} at ${position}`);
        assert(Math.abs(found[at + 4] - sin[row][i]) <= 2 ** -23, `sine ${i} at ${position}`);
      }
    });
  });
}

Deno.test("octets hold pairs that are rotated, halves or neighbours, and then the others", () => {
  const rotation = { theta: 100, dimensions: 8, scaling: null };
  const order = (interleaved: boolean) =>
    Array.from({ length: 16 }, (_, i) => dimensionAt(i, 16, { ...rotation, interleaved }));
  const others = [8, 9, 10, 11, 12, 13, 14, 15];
  assertEquals(order(false), [0, 1, 2, 3, 4, 5, 6, 7, ...others]);
  assertEquals(order(true), [0, 2, 4, 6, 1, 3, 5, 7, ...others]);
  const small = { ...rotation, dimensions: 4, interleaved: true };
  assertEquals(
    Array.from({ length: 8 }, (_, i) => dimensionAt(i, 8, small)),
    [0, 2, 4, 5, 1, 3, 6, 7],
  );
});
