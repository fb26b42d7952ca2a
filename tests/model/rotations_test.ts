import { assert, assertEquals } from "@std/assert";
import type { RopeScaling } from "../../src/model/config.ts";
import { rotationTable } from "../../src/model/rotations.ts";
import { ropeTable } from "../../src/checks/oracles/rope.ts";

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

/**
 * Plain, interpolated, and Llama 3.1's and YaRN's three ranges: kept, blended and slowed frequencies; of
 * YaRN's also those that begin and end at one pair, or beyond all.
 */
const SCALINGS: readonly (RopeScaling | null)[] = [
  null,
  { type: "linear", factor: 4 },
  {
    type: "llama3",
    factor: 8,
    lowFrequencyFactor: 1,
    highFrequencyFactor: 4,
    originalContextLength: 128,
  },
  YARN,
  { ...YARN, truncate: false },
  { ...YARN, truncate: false, betaFast: 2, betaSlow: 2 },
  { ...YARN, betaFast: 99, betaSlow: 50 },
  { ...YARN, betaSlow: 1e-5 },
];

for (const ropeScaling of SCALINGS) {
  for (const [headDim, ropeTheta] of [[8, 10000], [64, 500000], [128, 10000]]) {
    const scaled = ropeScaling === null ? "no scaling" : JSON.stringify(ropeScaling);
    const title = `${scaled}, heads of ${headDim}, theta ${ropeTheta}`;
    Deno.test(`rotations are the oracle's rounded to f32, ${title}`, () => {
      const rotation = { theta: ropeTheta, dimensions: headDim, scaling: ropeScaling };
      const found = rotationTable(rotation, headDim, POSITIONS);
      const { cos, sin } = ropeTable(headDim, ropeTheta, ropeScaling, POSITIONS);
      assertEquals(found.length, 2 * cos.length);
      cos.forEach((cosine, i) => {
        const at = 8 * Math.floor(i / 4) + i % 4; // Four cosines, then their sines.
        assert(Math.abs(found[at] - cosine) <= tolerance(cosine), `cosine ${i}`);
        assert(Math.abs(found[at + 4] - sin[i]) <= tolerance(sin[i]), `sine ${i}`);
      });
    });
  }
}

/**
 * f32 rounds by 2⁻²⁵ at most up to 1, and by 2⁻²⁴ up to 2; the angles' f64 roundings are a hundred times
 * smaller than 2⁻³².
 */
function tolerance(value: number): number {
  return (Math.abs(value) <= 1 ? 2 ** -25 : 2 ** -24) + 2 ** -32;
}
