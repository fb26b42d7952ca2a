import type { RopeScaling, Rotation } from "./config.ts";

/**
 * The dimension of a head at a place of its octets. Each octet holds the first dimensions of four pairs that
 * are rotated, and then their second ones. Behind the rotated dimensions, halves of the others stand in pairs
 * all the same; without a rotation all do.
 */
export function dimensionAt(place: number, headDim: number, rotation: Rotation | null): number {
  const rotated = rotation?.dimensions ?? headDim;
  const pair = 4 * Math.floor(place / 8) + place % 4;
  const isSecond = place % 8 >= 4;
  if (pair < rotated / 2) {
    if (rotation?.interleaved) return 2 * pair + (isSecond ? 1 : 0);
    return pair + (isSecond ? rotated / 2 : 0);
  }
  return pair + rotated / 2 + (isSecond ? (headDim - rotated) / 2 : 0);
}

/**
 * Rotary position table [positions, headDim / 8, 2, 4] f32 from position `first` on: four cosines, then
 * their sines, in the order of `dimensionAt`. Computed on the host, so that it is the same on every
 * device. Every step is rounded to f32, as in the transformers library: far into a text, angles are others
 * than the exact ones, and models have learnt those. Su et al., "RoFormer" (2021).
 */
export function rotationTable(
  rotation: Rotation,
  headDim: number,
  positions: number,
  first = 0,
): Float32Array<ArrayBuffer> {
  const half = headDim / 2;
  const table = new Float32Array(positions * half * 2);
  const rotated = rotation.dimensions / 2;
  for (let i = 0; i < half; i++) {
    // Pairs that are not rotated keep their length, too.
    const frequency = i < rotated ? frequencyOf(rotation, i) : 0;
    const length = i < rotated ? f32(attentionFactorOf(rotation)) : 1;
    for (let position = 0; position < positions; position++) {
      const angle = f32((first + position) * frequency);
      const at = 2 * (position * half + i - i % 4) + i % 4;
      table[at] = length * f32(Math.cos(angle));
      table[at + 4] = length * f32(Math.sin(angle));
    }
  }
  return table;
}

/** Factor of the cosines and sines of pairs that are rotated. */
function attentionFactorOf({ scaling }: Rotation): number {
  return scaling && "attentionFactor" in scaling ? scaling.attentionFactor : 1;
}

/** The nearest number in single precision. */
const f32 = Math.fround;

/** Radians per position of the i-th pair of dimensions. */
function frequencyOf(rotation: Rotation, i: number): number {
  const { theta, dimensions, scaling } = rotation;
  const period = f32(f32(theta) ** f32(2 * i / dimensions));
  const frequency = f32(1 / period);
  switch (scaling?.type) {
    case undefined:
      return frequency;
    case "linear":
      return f32(frequency / f32(scaling.factor));
    case "llama3": {
      const kept = keptByLlama3(scaling, frequency);
      const slowed = f32(f32(f32(1 - kept) * frequency) / f32(scaling.factor));
      return f32(slowed + f32(kept * frequency));
    }
    case "yarn": {
      const kept = keptByYarn(scaling, rotation, i);
      const slowed = f32(1 / f32(f32(scaling.factor) * period));
      return f32(f32(slowed * f32(1 - kept)) + f32(frequency * kept));
    }
    case "longrope": {
      const factors = scaling.isLong ? scaling.longFactors : scaling.shortFactors;
      return f32(1 / f32(f32(factors[i]) * period));
    }
  }
}

/** Part of a frequency, f32, that is kept: long wavelengths are slowed, as the Llama 3.1 reference has it. */
function keptByLlama3(
  { lowFrequencyFactor, highFrequencyFactor, originalContextLength }: ScalingOf<"llama3">,
  frequency: number,
): number {
  const wavelength = f32(f32(1 / frequency) * f32(2 * Math.PI));
  const turns = f32(f32(1 / wavelength) * originalContextLength);
  const span = f32(highFrequencyFactor - lowFrequencyFactor);
  return clamped(f32(f32(turns - f32(lowFrequencyFactor)) / span));
}

/** The same for yarn: the places where the blend ends are bounded before it is drawn. */
function keptByYarn(
  { betaFast, betaSlow, truncate, originalContextLength }: ScalingOf<"yarn">,
  { theta, dimensions }: Rotation,
  i: number,
): number {
  // The pair, not a whole one, whose frequency turns so often within the original context.
  const pairOf = (turns: number) =>
    dimensions * Math.log(originalContextLength / (2 * Math.PI * turns)) / (2 * Math.log(theta));
  const [fast, slow] = [pairOf(betaFast), pairOf(betaSlow)];
  const first = Math.max(truncate ? Math.floor(fast) : fast, 0);
  const last = Math.min(truncate ? Math.ceil(slow) : slow, dimensions - 1);
  const span = f32(last === first ? 0.001 : last - first);
  return f32(1 - clamped(f32(f32(i - f32(first)) / span)));
}

type ScalingOf<Type> = Extract<RopeScaling, { type: Type }>;

function clamped(part: number): number {
  return Math.min(Math.max(part, 0), 1);
}
