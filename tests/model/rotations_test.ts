import { assert, assertEquals } from "@std/assert";
import type { RopeScaling } from "../../src/model/config.ts";
import { rotationTable } from "../../src/model/rotations.ts";
import { ropeTable } from "../../src/checks/oracles/rope.ts";

const POSITIONS = 300;

/** Plain, interpolated, and Llama 3.1's three ranges: kept, blended and slowed frequencies. */
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
];

for (const ropeScaling of SCALINGS) {
  for (const [headDim, ropeTheta] of [[8, 10000], [64, 500000], [128, 10000]]) {
    const title = `${ropeScaling?.type ?? "no"} scaling, heads of ${headDim}, theta ${ropeTheta}`;
    Deno.test(`rotations are the oracle's rounded to f32, ${title}`, () => {
      const rotation = { theta: ropeTheta, dimensions: headDim, scaling: ropeScaling };
      const found = rotationTable(rotation, headDim, POSITIONS);
      const { cos, sin } = ropeTable(headDim, ropeTheta, ropeScaling, POSITIONS);
      assertEquals(found.length, 2 * cos.length);
      cos.forEach((cosine, i) => {
        const at = 8 * Math.floor(i / 4) + i % 4; // Four cosines, then their sines.
        // f32 rounds by 2⁻²⁵ at most; the angles' f64 roundings are a hundred times smaller than 2⁻³².
        const tolerance = 2 ** -25 + 2 ** -32;
        assert(Math.abs(found[at] - cosine) <= tolerance, `cosine ${i}`);
        assert(Math.abs(found[at + 4] - sin[i]) <= tolerance, `sine ${i}`);
      });
    });
  }
}
