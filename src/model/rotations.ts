import type { RopeScaling, Rotation } from "./config.ts";

/**
 * The dimension of a head at a place of its octets. Each octet holds four neighbouring dimensions and
 * the four that they are rotated with: half of the rotated dimensions away, and behind those half of
 * the others, which are not rotated but stand in pairs all the same.
 */
export function dimensionAt(place: number, headDim: number, rotated: number): number {
  const pair = 4 * Math.floor(place / 8) + place % 4;
  const isSecond = place % 8 >= 4;
  if (pair < rotated / 2) return pair + (isSecond ? rotated / 2 : 0);
  return pair + rotated / 2 + (isSecond ? (headDim - rotated) / 2 : 0);
}

/**
 * Rotary position table [positions, headDim / 8, 2, 4] f32 from position `first` on: four cosines, then
 * their sines, in the order of `dimensionAt`. Computed in f64, so that it is the same on every device. Su et al., "RoFormer"
 * (2021).
 */
export function rotationTable(
  rotation: Rotation,
  headDim: number,
  positions: number,
  first = 0,
): Float32Array<ArrayBuffer> {
  const half = headDim / 2;
  const table = new Float32Array(positions * half * 2);
  for (let i = 0; i < half; i++) {
    const frequency = frequencyOf(rotation, i);
    for (let position = 0; position < positions; position++) {
      const angle = (first + position) * frequency;
      const at = 2 * (position * half + i - i % 4) + i % 4;
      table[at] = Math.cos(angle);
      table[at + 4] = Math.sin(angle);
    }
  }
  return table;
}

/** Radians per position of the i-th pair of dimensions; 0 for those that are not rotated. */
function frequencyOf({ theta, dimensions, scaling }: Rotation, i: number): number {
  if (2 * i >= dimensions) return 0;
  const frequency = theta ** (-2 * i / dimensions);
  return scaling ? scaledFrequency(scaling, frequency) : frequency;
}

/**
 * The llama3 scaling is that of the Llama 3.1 reference: long wavelengths are slowed by the factor,
 * short ones kept, those between blended.
 */
function scaledFrequency(scaling: RopeScaling, frequency: number): number {
  if (scaling.type === "linear") return frequency / scaling.factor;
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalContextLength } = scaling;
  const turns = originalContextLength * frequency / (2 * Math.PI);
  if (turns < lowFrequencyFactor) return frequency / factor;
  if (turns > highFrequencyFactor) return frequency;
  const keep = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
  return frequency * (keep + (1 - keep) / factor);
}
